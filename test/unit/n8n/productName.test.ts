import { PACKAGE_VERSION, USER_AGENT } from '../../../nodes/Evolink/n8n/http';
import packageJson from '../../../package.json';

describe('the name that the node goes by', () => {
	it('holds the version of the package', () => {
		expect(PACKAGE_VERSION).toBe(packageJson.version);
		expect(USER_AGENT).toBe(`${packageJson.name}/${packageJson.version}`);
	});
});
