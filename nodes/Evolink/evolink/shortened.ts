/**
 * Returns the text, or its beginning and an ellipsis where it is too long for a message.
 *
 * @param longestCharacters how much of it is shown, counted as `String.length` does
 */
export function shortened(text: string, longestCharacters: number): string {
	if (text.length <= longestCharacters) return text;
	// Half of a character that takes two places, such as an emoji, is not left at the end.
	return `${text.slice(0, longestCharacters).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
