import { joinFiles } from '../../nodes/Evolink/mp4/joinFiles';

/** Joins whole files in memory. @throws as the node's own parts do */
export async function joinBytes(
	files: readonly Buffer[],
): Promise<{ bytes: Buffer; seconds: number; leavesOut: string[] }> {
	const { pieces, durationSeconds, leavesOut } = await joinFiles(
		files.map((bytes) => ({
			sizeBytes: bytes.length,
			async *pieces() {
				yield bytes;
			},
		})),
	);
	const parts: Uint8Array[] = [];
	for await (const piece of pieces) parts.push(piece);
	return { bytes: Buffer.concat(parts), seconds: durationSeconds, leavesOut };
}
