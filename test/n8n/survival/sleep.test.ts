import { CURRENT_N8N } from '../../../tools/n8n/n8n-releases';
import { describeSleep } from './sleep-cases';

describeSleep(CURRENT_N8N);
