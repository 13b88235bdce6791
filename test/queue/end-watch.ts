/** A server whose end can be waited for. */
export interface Endable {
	/** Resolves when the one that runs now has ended, with how. */
	waitForEnd(): Promise<string>;
}

/** Notes every server that ends without having been told to. */
export class EndWatch {
	/** Which server ended, and how, e.g. `worker 1: exit code 1`. */
	readonly unexpectedEnds: string[] = [];

	private readonly meantToEnd = new Set<Endable>();

	/** Watches a server that runs, until it ends. */
	watch(name: string, server: Endable): void {
		void server.waitForEnd().then((how) => {
			if (!this.meantToEnd.has(server)) this.unexpectedEnds.push(`${name}: ${how}`);
		});
	}

	/** From now on the server may end. */
	allowEnd(server: Endable): void {
		this.meantToEnd.add(server);
	}

	/** The server was started again: it must not end any more. */
	watchAgain(name: string, server: Endable): void {
		this.meantToEnd.delete(server);
		this.watch(name, server);
	}
}
