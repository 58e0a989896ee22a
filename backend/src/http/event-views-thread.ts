import { Buffer } from "node:buffer";
import { answerQuestions } from "../lib/thread.js";
import { eventJson } from "./event-view.js";
import { type Packed, pack, unpack } from "./event-views.js";

/** The thread in which large events are made into JSON (see `event-views.ts`). */
answerQuestions<Packed, Packed>((documents) => {
  const answer = pack(unpack(documents).map((one) => Buffer.from(eventJson(one))));
  return { answer, transfer: [answer.bytes.buffer] };
});
