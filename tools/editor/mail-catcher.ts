import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import express from 'express';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import PostalMime, { type Attachment, type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

import { escaped } from '../../sandbox/front-page';

/** One mail that arrived. */
export interface ArrivedMail {
	/** Addresses that the mail server was told to deliver to. */
	recipients: string[];
	email: Email;
}

/** A mail server that keeps every mail and sends none on, and a page that shows them. */
export interface MailCatcher {
	/** Address of the page. */
	readonly url: string;
	/** Fields of an `smtp` credential that reaches it. */
	readonly credential: ICredentialDataDecryptedObject;
	readonly mails: readonly ArrivedMail[];
	/** Forgets the mails that arrived so far. */
	clear(): void;
	close(): Promise<void>;
}

function mailPart({ recipients, email }: ArrivedMail, index: number): string {
	const files = email.attachments.map(({ filename }, file) => {
		const name = escaped(filename ?? `file ${file + 1}`);
		return `<p><video src="/${index}/${file}" controls preload="metadata" height="160"></video><br>
<a href="/${index}/${file}" download="${name}">${name}</a></p>`;
	});
	// Shown as it would be in a mailbox, without scripts; an approval's links open beside it.
	const html = escaped(`<base target="_blank">${email.html}`);
	const body =
		email.html === undefined
			? `<pre>${escaped(email.text ?? '')}</pre>`
			: `<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${html}" width="100%" height="420"></iframe>`;
	return `<h2>${escaped(email.subject ?? '(no subject)')}</h2>
<p>From ${escaped(email.from?.address ?? '(nobody)')} to ${escaped(recipients.join(', '))}</p>
${body}
${files.join('')}`;
}

function mailsPage(mails: readonly ArrivedMail[]): string {
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Mail catcher</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; } pre { font: inherit; white-space: pre-wrap; }</style>
<h1>Mail catcher</h1>
<p>Every email from the workflows ends up here, newest first. Nothing is sent on. Reload to see new ones.</p>
${mails.map(mailPart).reverse().join('<hr>') || '<p>No email has arrived yet.</p>'}
</html>
`;
}

/** Serves the page, and the attachments of each mail. */
async function servePage(mails: readonly ArrivedMail[]): Promise<Server> {
	const app = express();
	app.get('/', (_request, response) => {
		response.type('html').send(mailsPage(mails));
	});
	app.get('/:mail/:file', (request, response) => {
		const { attachments = [] } = mails[Number(request.params.mail)]?.email ?? {};
		const file = attachments[Number(request.params.file)];
		if (file === undefined) response.sendStatus(404);
		else response.type(file.mimeType).send(bytesOf(file));
	});
	const server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return server;
}

function portOf(server: Pick<Server, 'address'>): number {
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP address');
	return address.port;
}

/** Starts a mail server on a free port of 127.0.0.1 that takes mails of one user only. */
export async function startMailCatcher(): Promise<MailCatcher> {
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
	const page = await servePage(mails);

	return {
		url: `http://127.0.0.1:${portOf(page)}/`,
		credential: {
			user,
			password,
			host: '127.0.0.1',
			port: portOf(listener),
			secure: false,
			disableStartTls: true,
			hostName: '',
		},
		mails,
		clear: () => {
			mails.length = 0;
		},
		close: async () => {
			page.closeAllConnections();
			page.close();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

function bytesOf({ content }: Attachment): Buffer {
	if (typeof content !== 'string') throw new Error('The attachment is not in base64');
	return Buffer.from(content, 'base64');
}

/** The bytes of a mail's attachments, by file name. */
export function attachedFiles({ email }: ArrivedMail): Record<string, Buffer> {
	return Object.fromEntries(email.attachments.map((file) => [file.filename ?? '', bytesOf(file)]));
}
