import * as echarts from 'echarts';

import {
	CONTESTANT_NAMES,
	summaryOf,
	type BenchmarkResults,
	type ContestantKey,
	type Summary,
} from './benchmark-results';

/** Dark enough for a white ground, and apart from each other also for colour-blind eyes. */
const COLORS: Readonly<Record<ContestantKey, string>> = {
	evolink: '#1d4ed8',
	minimax: '#d97706',
	httpLoop: '#6b7280',
};
const TEXT_COLOR = '#1f2937';
const LINE_COLOR = '#d1d5db';
const FONT = 'Helvetica, Arial, sans-serif';

const WIDTH_PX = 960;
const HEIGHT_PX = 700;
const UPPER_GRID = { left: 90, right: 24, top: 70, height: 250 };
const LOWER_GRID_TOP_PX = 420;
const LOWER_GRID_HEIGHT_PX = 230;
const LOWER_GRID_LEFT_PX = 90;
/** From the left of one small chart to the left of the next. */
const LOWER_GRID_STEP_PX = 226;
const LOWER_GRID_WIDTH_PX = 140;

/** One of the small charts: a bar for each contestant. */
interface Panel {
	axisTitle: string;
	valueOf(summary: Summary): number | null;
	format(value: number): string;
}

/**
 * Draws the results as an SVG document, on a white ground so that dark pages show it too.
 * @throws Error when the results lack one of the runs
 */
export function benchmarkChart({ settings, contestants }: BenchmarkResults): string {
	const summaries = contestants.map((contestant) => summaryOf(contestant, settings));
	const names = contestants.map(({ key }) => CONTESTANT_NAMES[key]);
	const colors = contestants.map(({ key }) => COLORS[key]);
	const panels: Panel[] = [
		{
			axisTitle: 'Delay until noticed (s)',
			valueOf: ({ meanNoticeDelaySeconds }) => meanNoticeDelaySeconds,
			format: (seconds) => seconds.toFixed(1),
		},
		{
			axisTitle: 'Status reads a video',
			valueOf: ({ statusReadsPerVideo }) => statusReadsPerVideo,
			format: (reads) => reads.toFixed(1),
		},
		{
			axisTitle: `Memory for a ${settings.largeVideoMegabytes} MB video (MB)`,
			valueOf: ({ memoryAddedMegabytes }) => memoryAddedMegabytes,
			format: (megabytes) => String(Math.round(megabytes)),
		},
		{
			axisTitle: 'Nodes and fields',
			valueOf: ({ nodes, fields }) => nodes + fields,
			format: String,
		},
	];

	const textStyle = { color: TEXT_COLOR, fontFamily: FONT, fontSize: 13 };
	const axisLine = { show: true, lineStyle: { color: LINE_COLOR } };
	const valueAxis = {
		nameLocation: 'middle' as const,
		nameTextStyle: textStyle,
		axisLabel: { ...textStyle, fontSize: 12 },
		axisLine,
		splitLine: { lineStyle: { color: LINE_COLOR, type: 'dashed' as const } },
	};
	const categoryAxis = {
		type: 'category' as const,
		axisLabel: textStyle,
		axisLine,
		axisTick: { show: false },
	};
	const barLabel = { show: true, position: 'top' as const, ...textStyle, fontSize: 12 };

	const chart = echarts.init(null, null, {
		renderer: 'svg',
		ssr: true,
		width: WIDTH_PX,
		height: HEIGHT_PX,
	});
	try {
		chart.setOption({
			animation: false,
			backgroundColor: '#ffffff',
			textStyle,
			color: colors,
			legend: { top: 16, data: names, textStyle: { ...textStyle, fontSize: 14 } },
			grid: [
				UPPER_GRID,
				...panels.map((_, index) => ({
					left: LOWER_GRID_LEFT_PX + index * LOWER_GRID_STEP_PX,
					width: LOWER_GRID_WIDTH_PX,
					top: LOWER_GRID_TOP_PX,
					height: LOWER_GRID_HEIGHT_PX,
				})),
			],
			xAxis: [
				{
					...categoryAxis,
					gridIndex: 0,
					name: 'Videos in one execution',
					nameLocation: 'middle',
					nameGap: 32,
					nameTextStyle: textStyle,
					data: settings.videoCounts.map(String),
				},
				...panels.map((_, index) => ({
					...categoryAxis,
					gridIndex: index + 1,
					axisLabel: { show: false },
					data: [''],
				})),
			],
			yAxis: [
				{
					...valueAxis,
					gridIndex: 0,
					// The limit is 1: what a bar shows is what a way adds to it.
					type: 'log',
					logBase: 2,
					min: 1,
					name: `Total time\n(multiples of the ${settings.generationSeconds} s limit)`,
					nameGap: 46,
					axisLabel: { ...valueAxis.axisLabel, formatter: '{value} ×' },
				},
				...panels.map(({ axisTitle }, index) => ({
					...valueAxis,
					gridIndex: index + 1,
					type: 'value' as const,
					name: axisTitle,
					nameGap: 42,
				})),
			],
			series: contestants.flatMap((_, which) => [
				{
					type: 'bar' as const,
					name: names[which],
					xAxisIndex: 0,
					yAxisIndex: 0,
					data: summaries[which].timeRatios.map((ratio) => ({
						value: ratio,
						label: { formatter: `${ratio.toFixed(2)} ×` },
					})),
					label: barLabel,
				},
				...panels.map(({ valueOf, format }, index) => {
					const value = valueOf(summaries[which]);
					return {
						type: 'bar' as const,
						name: names[which],
						xAxisIndex: index + 1,
						yAxisIndex: index + 1,
						data: [
							{
								value: value ?? 0,
								label: { formatter: value === null ? 'not\nmeasured' : format(value) },
							},
						],
						label: barLabel,
					};
				}),
			]),
		});
		return `${chart.renderToSVGString()}\n`;
	} finally {
		chart.dispose();
	}
}
