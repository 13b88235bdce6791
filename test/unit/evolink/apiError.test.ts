import { isApiError, statusOfApiError } from '../../../nodes/Evolink/evolink/apiError';

describe("the API's own error", () => {
	it.each([
		[{ error: { message: 'No' } }],
		[{ error: { code: 402 } }],
		[{ success: false, msg: 'No' }],
		[{ success: false, message: 'No', id: 'task-1' }],
		[{ code: 413, msg: 'No' }],
		[{ code: 'no', message: 'No' }],
	])('is %j', (json) => {
		expect(isApiError(json)).toBe(true);
	});

	it.each([
		[undefined],
		['No'],
		[{}],
		[{ error: 'No' }],
		[{ error: {}, success: false, msg: 'No' }],
		[{ error: { message: ' ', code: '' } }],
		[{ success: false }],
		[{ success: false, msg: '', message: ' ' }],
		[{ message: 'No' }],
		[{ code: 413 }],
		[{ code: '', message: 'No' }],
		[{ code: 200, message: 'Yes', id: 'task-1' }],
	])('is not %j', (json) => {
		expect(isApiError(json)).toBe(false);
	});

	it.each([
		[200, 402, 402],
		[399, 429, 429],
		[400, 500, 400],
		[503, 402, 503],
		[200, 400, 400],
		[200, 399, 200],
		[200, 599, 599],
		[200, 600, 200],
		[200, 'invalid_key', 200],
	])('with HTTP %p and the code %p has the status %p', (httpStatus, code, status) => {
		expect(statusOfApiError(httpStatus, { error: { code } })).toBe(status);
	});
});
