/**
 * Returns the same bytes with an alarm at their end.
 *
 * @throws Error from the access, when somebody reads a byte that is not there
 */
export function guardedBytes(bytes: Uint8Array): Uint8Array {
	return new Proxy(bytes, {
		get(target, key) {
			if (typeof key === 'string' && /^-?\d+$/.test(key) && !(Number(key) < target.length)) {
				throw new Error(`Byte ${key} of ${target.length} was read`);
			}
			const value: unknown = Reflect.get(target, key, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}
