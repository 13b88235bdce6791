import { describeBinaryMode } from './binary-mode-cases';

describeBinaryMode('default');
