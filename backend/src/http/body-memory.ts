import { type ProblemError, problem } from "./problems.js";

/** What is held of one body. */
export interface Holding {
  /** Takes more bytes, or gives some back. Bodies on their way give way when there is no room, this one too. */
  add(bytes: number): void;
  /** The body is whole: it is in hand, and gives way no more. */
  whole(): void;
  /** Gives everything back; a second time does nothing. */
  release(): void;
}

/** A body on its way. */
export interface Arriving {
  /** So far, on the wire. */
  bytesPerSecond(): number;
  /** It has given its bytes back, and must stop. */
  giveWay(error: ProblemError): void;
}

export interface BodyMemory {
  /** @param owner whose share it counts against (`callerOf`) */
  hold(owner: string, arriving: Arriving): Holding;
  /** Bytes held now, of all owners. */
  heldBytes(): number;
}

interface Place extends Arriving {
  owner: string;
  bytes: number;
  released: boolean;
}

/**
 * The memory that all request bodies share. When an owner is over its share, its slowest upload gives way; when the whole is used
 * up, the slowest upload of the owner that holds most. So an owner that holds little is refused last, however slow others are.
 * @param shareBytes most that one owner may hold, less than all: what is in hand cannot give way
 */
export function createBodyMemory({ totalBytes, shareBytes }: { totalBytes: number; shareBytes: number }): BodyMemory {
  const heldBy = new Map<string, number>();
  const arriving = new Set<Place>();
  let held = 0;

  const change = (place: Place, bytes: number): void => {
    place.bytes += bytes;
    held += bytes;
    const left = (heldBy.get(place.owner) ?? 0) + bytes;
    if (left > 0) heldBy.set(place.owner, left);
    else heldBy.delete(place.owner);
  };
  const release = (place: Place): void => {
    if (place.released) return;
    place.released = true;
    arriving.delete(place);
    change(place, -place.bytes);
  };
  const heldByOwnerOf = (place: Place): number => heldBy.get(place.owner) ?? 0;

  /** The slowest upload of the owner that holds most. @param owner only this one's */
  const nextToGo = (owner?: string): Place | undefined => {
    let next: Place | undefined;
    for (const place of arriving) {
      if (place.bytes === 0 || (owner !== undefined && place.owner !== owner)) continue;
      const more = next ? heldByOwnerOf(place) - heldByOwnerOf(next) : 1;
      if (more > 0 || (more === 0 && place.bytesPerSecond() < (next as Place).bytesPerSecond())) next = place;
    }
    return next;
  };
  const makeRoom = (place: Place): void => {
    while (!place.released && (held > totalBytes || heldByOwnerOf(place) > shareBytes)) {
      const share = heldByOwnerOf(place) > shareBytes;
      const next = nextToGo(share ? place.owner : undefined) ?? place;
      release(next);
      next.giveWay(
        problem(
          "backlog-full",
          share
            ? `The bodies of this sender's requests take more than its share of memory (${shareBytes} bytes); the slowest gave way.`
            : "The server holds as many request bodies as it can; the slowest of those who hold most gave way.",
        ),
      );
    }
  };

  return {
    hold(owner, { bytesPerSecond, giveWay }) {
      const place: Place = { owner, bytes: 0, released: false, bytesPerSecond, giveWay };
      arriving.add(place);
      return {
        add(bytes) {
          if (place.released) return;
          change(place, bytes);
          if (bytes > 0) makeRoom(place);
        },
        whole: () => void arriving.delete(place),
        release: () => release(place),
      };
    },
    heldBytes: () => held,
  };
}
