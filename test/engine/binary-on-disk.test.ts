import { describeBinaryMode } from './binary-mode-cases';

describeBinaryMode('filesystem');
