import type * as QuickClock from './quick-clock';

// Minutes of waiting pass in seconds.
jest.mock('../../nodes/Evolink/time/clock', () =>
	jest.requireActual<typeof QuickClock>('./quick-clock').quickClock(),
);
