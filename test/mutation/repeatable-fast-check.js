/*
 * Tests of whatever input there may be: here they try the same inputs each time, so that a mutant
 * does not die by luck, and only for a moment, since measured code is many times slower.
 */
// By its path, since its name leads here.
const fastCheck = require(globalThis.FAST_CHECK_FILE);

fastCheck.configureGlobal({ seed: 20260105, interruptAfterTimeLimit: 500 });

module.exports = fastCheck;
