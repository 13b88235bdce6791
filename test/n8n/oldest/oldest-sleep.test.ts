import { OLDEST_N8N } from '../../../tools/n8n/n8n-releases';
import { describeSleep } from '../survival/sleep-cases';

describeSleep(OLDEST_N8N);
