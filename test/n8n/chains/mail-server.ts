/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** One mail that arrived. */
export interface ArrivedMail {
	/** Addresses that the mail server was told to deliver to. */
	recipients: string[];
	email: Email;
}

/** A mail server that keeps every mail and sends none on. */
export interface MailServer {
	/** Fields of an `smtp` credential that reaches it. */
	readonly credential: ICredentialDataDecryptedObject;
	readonly mails: readonly ArrivedMail[];
	/** Forgets the mails that arrived so far. */
	clear(): void;
	close(): Promise<void>;
}

/** Starts a mail server on a free port of 127.0.0.1 that takes mails of one user only. */
export async function startMailServer(): Promise<MailServer> {
	const user = 'videos';
	const password = randomUUID();
	const mails: ArrivedMail[] = [];
	const server = new SMTPServer({
		// Without a certificate of its own it would offer one that nobody trusts.
		disabledCommands: ['STARTTLS'],
		allowInsecureAuth: true,
		onAuth({ username, password: given }, _session, done) {
			if (username === user && given === password) done(null, { user });
			else done(new Error('Wrong user or password'));
		},
		onData(stream, session, done) {
			const pieces: Buffer[] = [];
			stream.on('data', (piece: Buffer) => pieces.push(piece));
			stream.on('error', done);
			stream.on('end', () => {
				PostalMime.parse(Buffer.concat(pieces), { attachmentEncoding: 'base64' }).then((email) => {
					mails.push({
						recipients: session.envelope.rcptTo.map(({ address }) => address),
						email,
					});
					done();
				}, done);
			});
		},
	});
	const listener = server.listen(0, '127.0.0.1');
	await once(listener, 'listening');
	const address = listener.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP address');

	return {
		credential: {
			user,
			password,
			host: '127.0.0.1',
			port: address.port,
			secure: false,
			disableStartTls: true,
			hostName: '',
		},
		mails,
		clear: () => {
			mails.length = 0;
		},
		close: async () => await new Promise((resolve) => server.close(() => resolve())),
	};
}

/** The bytes of a mail's attachments, by file name. */
export function attachedFiles({ email }: ArrivedMail): Record<string, Buffer> {
	const files = email.attachments.map(({ filename, content }) => {
		if (typeof content !== 'string') throw new Error('The attachment is not in base64');
		return [filename ?? '', Buffer.from(content, 'base64')] as const;
	});
	return Object.fromEntries(files);
}
