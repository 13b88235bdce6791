// mp4box names a type file that it does not ship for this module resolution; this is the part in use.
declare module 'mp4box' {
	interface Mp4Track {
		codec: string;
		nb_samples: number;
		video?: { width: number; height: number };
	}
	interface Mp4Info {
		duration: number;
		timescale: number;
		isProgressive: boolean;
		tracks: Mp4Track[];
	}
	interface Mp4File {
		onReady: (info: Mp4Info) => void;
		onError: (module: string, message: string) => void;
		boxes: Array<{ type: string; size: number }>;
		appendBuffer(data: ArrayBuffer & { fileStart: number }): number;
		flush(): void;
	}
	export function createFile(): Mp4File;
}
