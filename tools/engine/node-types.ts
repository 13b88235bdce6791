import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
	NodeConnectionTypes,
	NodeHelpers,
	type ICredentialType,
	type IDataObject,
	type INodeType,
	type INodeTypeDescription,
	type INodeTypes,
	type IVersionedNodeType,
} from 'n8n-workflow';
import type { EnginePackages } from './engine-packages';
import { isTriggerType } from './workflow-file';

/** Which build of this package runs: the TypeScript sources, or `dist` as n8n would load it. */
export type NodeSource = 'source' | 'dist';

/** The node and credential types of this package. */
export interface PackageTypes {
	/** By full name, e.g. `n8n-nodes-evolink.evolink`. */
	nodes: Record<string, INodeType | IVersionedNodeType>;
	/** By name, e.g. `evolinkApi`. */
	credentials: Record<string, ICredentialType>;
}

interface Manifest {
	name: string;
	n8n: { nodes: string[]; credentials: string[] };
}

const PACKAGE_FOLDER = join(__dirname, '../..');

/**
 * Loads the node and credential types that package.json lists.
 * `dist` goes through n8n-core's own package loader, so that what n8n refuses is refused here too;
 * `source` loads the TypeScript files behind the listed ones (under tsx or ts-jest).
 * @throws Error when a listed file or its class is missing, e.g. because nothing was built yet.
 */
export async function loadPackageTypes(
	nodeSource: NodeSource,
	{ core }: EnginePackages,
): Promise<PackageTypes> {
	const manifest: Manifest = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8'));
	const types: PackageTypes = { nodes: {}, credentials: {} };

	if (nodeSource === 'dist') {
		const loader = new core.PackageDirectoryLoader(PACKAGE_FOLDER);
		await loader.loadAll();
		for (const [name, { type }] of Object.entries(loader.nodeTypes)) {
			types.nodes[`${manifest.name}.${name}`] = type;
		}
		for (const [name, { type }] of Object.entries(loader.credentialTypes)) {
			types.credentials[name] = type;
		}
		return types;
	}

	for (const listed of manifest.n8n.nodes) {
		const node = instantiate<INodeType>(listed);
		types.nodes[`${manifest.name}.${node.description.name}`] = node;
	}
	for (const listed of manifest.n8n.credentials) {
		const credential = instantiate<ICredentialType>(listed);
		types.credentials[credential.name] = credential;
	}
	return types;
}

/** n8n takes the class from the file's name: `Evolink.node.js` exports `Evolink`. */
function instantiate<T>(listedFile: string): T {
	const sourceFile = listedFile.replace(/^dist\//, '').replace(/\.js$/, '.ts');
	const className = basename(sourceFile).split('.')[0];
	// A path known only at run time: ts-jest then transforms (and instruments) the file it names.
	// eslint-disable-next-line @typescript-eslint/no-require-imports
	const exported: Record<string, unknown> = require(join(PACKAGE_FOLDER, sourceFile));
	const classOfFile = exported[className];
	if (!isClass<T>(classOfFile)) throw new Error(`${sourceFile} exports no class ${className}`);
	return new classOfFile();
}

function isClass<T>(value: unknown): value is new () => T {
	return typeof value === 'function';
}

/**
 * Every node type that a run may ask for: this package's, those handed in, and stand-ins for n8n's
 * own nodes that do nothing but pass items on (triggers, No Operation, sticky notes).
 */
export class NodeTypes implements INodeTypes {
	private readonly types: Record<string, INodeType | IVersionedNodeType>;

	constructor(types: Record<string, INodeType | IVersionedNodeType>) {
		this.types = {
			'n8n-nodes-base.noOp': passThroughNode('noOp', 'No Operation, do nothing', 'transform'),
			'n8n-nodes-base.stickyNote': stickyNote(),
			...types,
		};
	}

	getByName(nodeType: string): INodeType | IVersionedNodeType {
		return (this.types[nodeType] ??= this.standInFor(nodeType));
	}

	getByNameAndVersion(nodeType: string, version?: number): INodeType {
		return NodeHelpers.getVersionedNodeType(this.getByName(nodeType), version);
	}

	getKnownTypes(): IDataObject {
		return {};
	}

	private standInFor(nodeType: string): INodeType {
		if (!isTriggerType(nodeType)) {
			throw new Error(`The workflow runner does not know the node type ${nodeType}`);
		}
		return passThroughNode(nodeType.split('.')[1], nodeType, 'trigger');
	}
}

function describe(
	name: string,
	displayName: string,
	group: INodeTypeDescription['group'],
): INodeTypeDescription {
	return {
		name,
		displayName,
		group,
		version: [1],
		description: displayName,
		defaults: { name: displayName },
		inputs: [],
		outputs: [],
		properties: [],
	};
}

function passThroughNode(
	name: string,
	displayName: string,
	group: 'trigger' | 'transform',
): INodeType {
	return {
		description: {
			...describe(name, displayName, [group]),
			inputs: group === 'trigger' ? [] : [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
		},
		// A trigger's items lie in wait as its input, as n8n itself starts webhooks and forms.
		async execute() {
			return [this.getInputData()];
		},
	};
}

function stickyNote(): INodeType {
	return { description: describe('stickyNote', 'Sticky Note', ['input']) };
}
