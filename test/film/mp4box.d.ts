// More of mp4box than test/tools/sandbox/mp4box.d.ts names.
declare module 'mp4box' {
	interface Mp4Sample {
		offset: number;
		size: number;
		dts: number;
		cts: number;
		duration: number;
		is_sync: boolean;
		/** Boxes that mp4box knows, e.g. `avcC`. */
		description: Record<string, { start: number; size: number } | undefined>;
	}
	interface Mp4Track {
		id: number;
		type: string;
		timescale: number;
		edits?: Array<{ media_time: number }>;
	}
	interface Mp4File {
		getTrackSamplesInfo(trackId: number): Mp4Sample[];
	}
}
