// Holds payloads against what their services publish. Usage: node services.mjs FOLDER, where FOLDER has the packages that
// check.sh installs, and in payloads/SERVICE/ one JSON file a payload.
//
// Each payload becomes a constant of the published type, on a line of its own: so an unknown member is an error, too.
import { readFileSync, readdirSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const folder = resolve(process.argv[2]);
const require = createRequire(join(folder, 'package.json'));
const ts = require('typescript');
const Ajv = require('ajv').default;

// `type` is what a body must be. `wrong` makes, of a right one, bodies that must be refused.
const services = {
  slack: {
    type: `import type { IncomingWebhookSendArguments } from '@slack/webhook';
import type { KnownBlock } from '@slack/types';
// Only blocks that are known. \`mrkdwn\` is in Slack's reference of messages, and not in its type for webhooks.
export type Body = Omit<IncomingWebhookSendArguments, 'blocks' | 'fetch'> & { text: string; blocks: KnownBlock[]; mrkdwn: false };`,
    wrong: {
      'an unknown member': (body) => (body.thread = 1),
      'an unknown block': (body) => (body.blocks[0].type = 'heading'),
      'a header without text': (body) => delete body.blocks[0].text,
      'markup in a header': (body) => (body.blocks[0].text.type = 'mrkdwn'),
      'an unknown member in a text': (body) => (body.blocks[1].text.colour = 'red'),
      'a list that is a text': (body) => (body.blocks = 'b'),
    },
  },
  teams: {
    type: `import type { Attachment } from '@microsoft/teams.api';
import type { IAdaptiveCard } from '@microsoft/teams.cards';
// The examples for webhooks have a \`contentUrl\` of null, and Teams' reference of cards writes \`Full\`.
type Card = Omit<Attachment, 'content' | 'contentUrl'> & {
  contentType: 'application/vnd.microsoft.card.adaptive'; contentUrl: null;
  content: Omit<IAdaptiveCard, 'msteams'> & { msteams: { width: Capitalize<NonNullable<NonNullable<IAdaptiveCard['msteams']>['width']>> } };
};
export type Body = { type: 'message'; attachments: [Card] };`,
    wrong: {
      'a card of old': (body) => (body.attachments[0].content.type = 'MessageCard'),
      'an unknown member': (body) => (body.attachments[0].content.title = 't'),
      'an unknown element': (body) => (body.attachments[0].content.body[0].type = 'Box'),
      'an unknown member in a run': (body) => (run(body).bold = true),
      'a weight that is none': (body) => (run(body).weight = 'bold'),
      'a run without text': (body) => delete run(body).text,
      'a button without an address': (body) => delete body.attachments[0].content.actions[0].url,
    },
  },
  discord: {
    type: `import type { RESTPostAPIWebhookWithTokenJSONBody as Published } from 'discord-api-types/v10';
// In JSON, a member of an enumeration is its value.
type Mentions = Omit<NonNullable<Published['allowed_mentions']>, 'parse'> & { parse: ('everyone' | 'roles' | 'users')[] };
export type Body = Omit<Published, 'allowed_mentions'> & { allowed_mentions: Mentions; embeds: [unknown, ...unknown[]] };`,
    wrong: {
      'an unknown member': (body) => (body.text = 't'),
      'an unknown member in an embed': (body) => (body.embeds[0].colour = 1),
      'a colour that is a text': (body) => (body.embeds[0].color = '#d93025'),
      'a field without a value': (body) => delete body.embeds[0].fields[0].value,
      'a footer that is a text': (body) => (body.embeds[0].footer = 'f'),
      'a mention that is none': (body) => (body.allowed_mentions.parse = ['here']),
    },
  },
  mattermost: {
    type: `import type { MessageAttachment } from '@mattermost/types/message_attachments';
// What stands around attachments is published in Go only.
export type Body = {
  text: string; channel?: string; username?: string; icon_url?: string; icon_emoji?: string; type?: string;
  attachments: MessageAttachment[];
};`,
    wrong: {
      'an unknown member': (body) => (body.message = 'm'),
      'an unknown member in an attachment': (body) => (body.attachments[0].colour = 'red'),
      'a colour that is a number': (body) => (body.attachments[0].color = 1),
      'a field that is short by a text': (body) => (body.attachments[0].fields[0].short = 'yes'),
      'an unknown member in a field': (body) => (body.attachments[0].fields[0].name = 'n'),
    },
  },
  ntfy: {
    type: `import type { BaseConfig, MessageConfig, MessagePriority, ViewAction } from 'ntfy';
// The client's names for two members are not those of the wire, where tags are always a list.
export type Body = Required<Pick<MessageConfig, 'topic' | 'message' | 'title'>> & {
  tags: Extract<MessageConfig['tags'], string[]>;
  priority: \`\${MessagePriority}\` extends \`\${infer N extends number}\` ? N : never;
  click?: BaseConfig['clickURL'] & string;
  actions: (ViewAction & { action: 'view' })[];
};`,
    wrong: {
      'an unknown member': (body) => (body.body = 'b'),
      'a priority of 6': (body) => (body.priority = 6),
      'a tag that is no list': (body) => (body.tags = 'server'),
      'an unknown action': (body) => (body.actions[0].action = 'open'),
      'an action without an address': (body) => delete body.actions[0].url,
    },
  },
  grafana: {
    // What Grafana's own pages send to /api/annotations; its description of the API itself is published in Go only.
    type: `import type { AnnotationEvent } from '../grafana/package/dist/cjs/index.cjs';
export type Body = Required<Pick<AnnotationEvent, 'time' | 'timeEnd' | 'tags' | 'text'>>;`,
    wrong: {
      'an unknown member': (body) => (body.start = 1),
      'a time in words': (body) => (body.time = '2026-11-24T10:00:00Z'),
      'tags that are one text': (body) => (body.tags = 'prunelle'),
      'no text': (body) => delete body.text,
    },
  },
};

function run(body) {
  return body.attachments[0].content.body[0].items[0].inlines[0];
}

const checked = join(folder, 'checked');
mkdirSync(checked, { recursive: true });
const lines = {};
for (const [service, { type, wrong }] of Object.entries(services)) {
  const payloads = join(folder, 'payloads', service);
  const rights = readdirSync(payloads).map((file) => [file, JSON.parse(readFileSync(join(payloads, file), 'utf8'))]);
  const model = rights.find(([file]) => file === 'kit-plain.json') ?? rights[0];
  const wrongs = Object.entries(wrong).map(([what, spoil]) => {
    const body = structuredClone(model[1]);
    spoil(body);
    return [what, body];
  });
  lines[service] = [
    ...rights.map(([what, body]) => ({ what, body, isRight: true })),
    ...wrongs.map(([what, body]) => ({ what, body, isRight: false })),
  ];
  writeFileSync(join(checked, `${service}.type.ts`), `${type}\n`);
  const constants = lines[service].map(({ body }, index) => `export const p${index}: Body = ${JSON.stringify(body)};\n`);
  writeFileSync(join(checked, `${service}.ts`), `import type { Body } from './${service}.type';\n${constants.join('')}`);
}

const program = ts.createProgram(
  Object.keys(services).map((service) => join(checked, `${service}.ts`)),
  {
    noEmit: true, strict: true, skipLibCheck: true, types: [],
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022,
  },
);
let problems = 0;
const complain = (text) => {
  problems += 1;
  if (problems <= 20) {
    console.error(text);
  }
};
const said = (diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n').slice(0, 2000);

for (const service of Object.keys(services)) {
  // A type that is not found would be `any`, which takes everything.
  for (const diagnostic of ts.getPreEmitDiagnostics(program, program.getSourceFile(join(checked, `${service}.type.ts`)))) {
    complain(`${service}: the published type: ${said(diagnostic)}`);
  }
  const source = program.getSourceFile(join(checked, `${service}.ts`));
  const found = new Map();
  for (const diagnostic of ts.getPreEmitDiagnostics(program, source)) {
    const { line } = source.getLineAndCharacterOfPosition(diagnostic.start);
    found.set(line - 1, said(diagnostic));
  }
  judge(service, (index) => found.get(index));
}

// Cards once more, by the schema of the version that they say they are of; `msteams` is Teams' own addition to it.
const path = join(folder, 'cards/adaptive_cards/schemas/schema-1.4.json');
const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(path, 'utf8'));
const ajv = new Ajv({ strict: false });
require('ajv-formats')(ajv);
const isCard = ajv.compile(schema);
judge('teams', (index) => {
  const { msteams: _, ...content } = lines.teams[index].body.attachments[0].content;
  return content.version === '1.4' && isCard(content) ? undefined : ajv.errorsText(isCard.errors).slice(0, 2000);
});

function judge(service, problem) {
  lines[service].forEach(({ what, isRight }, index) => {
    const why = problem(index);
    if (isRight && why) {
      complain(`${service}: ${what}: ${why}`);
    } else if (!isRight && !why) {
      complain(`${service}: ${what} is taken`);
    }
  });
}

for (const [service, all] of Object.entries(lines)) {
  const right = all.filter(({ isRight }) => isRight).length;
  console.log(`${service}: ${right} payloads, ${all.length - right} wrong ones`);
}
if (problems > 0) {
  console.error(`${problems} problems`);
  process.exit(1);
}
