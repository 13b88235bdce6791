import { joinFiles } from '../../nodes/Evolink/mp4/joinFiles';

/** Joins files that come in pieces of so many bytes. @throws as the node's own parts do */
export async function joinBytes(
	files: readonly Buffer[],
	pieceBytes = Number.POSITIVE_INFINITY,
): Promise<{ bytes: Buffer; seconds: number; leavesOut: string[] }> {
	const { pieces, durationSeconds, leavesOut } = await joinFiles(
		files.map((bytes) => ({
			sizeBytes: bytes.length,
			async *pieces() {
				for (let at = 0; at < bytes.length; at += pieceBytes) {
					yield bytes.subarray(at, at + pieceBytes);
				}
			},
		})),
	);
	const parts: Uint8Array[] = [];
	for await (const piece of pieces) parts.push(piece);
	return { bytes: Buffer.concat(parts), seconds: durationSeconds, leavesOut };
}
