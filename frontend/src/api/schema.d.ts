// Made by npm run api:types from /openapi.json; not to be edited.
export interface paths {
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A tenant's events, by occurredAt
         * @description With `Accept: application/cloudevents-batch+json` the events of the page as an array of CloudEvents; the next page is the `Link` with `rel=next`.
         */
        get: operations["getV1Events"];
        put?: never;
        /**
         * Send one event, or many as an array, NDJSON or XML
         * @description 202 means that the event is on disk: it will be stored exactly once, or become a dead letter that someone can see. What was not answered may be sent again: the same event is stored once. Of many, each has its own outcome; a bad one does not touch its neighbours.
         */
        post: operations["postV1Events"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A tenant's events, by occurredAt
         * @description With `Accept: application/cloudevents-batch+json` the events of the page as an array of CloudEvents; the next page is the `Link` with `rel=next`.
         */
        get: operations["getEvents"];
        put?: never;
        /**
         * Same as POST /v1/events, for older clients
         * @description 202 means that the event is on disk: it will be stored exactly once, or become a dead letter that someone can see. What was not answered may be sent again: the same event is stored once. Of many, each has its own outcome; a bad one does not touch its neighbours.
         */
        post: operations["postEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What would become of the items, without storing anything
         * @description What sending would answer, the worker's checks included; nothing is stored. It is no promise: another request may take the identity a moment later.
         */
        post: operations["postV1EventsValidate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ingest/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send NDJSON or XML of any length up to 1073741824 bytes
         * @description Read with backpressure, at the tenant's rate. Answered at the end; with Accept: application/x-ndjson a line per item as it is decided, while the rest is still read. The first item whose outcome is not known ends it. However it ends, what came before is taken and counted, and offset says where to resume.
         */
        post: operations["postV1IngestStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Each dependency and its latency; 503 when Redis is away */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Each dependency and its latency; 503 when Redis is away */
        get: operations["getApiHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 200 only when events can be accepted */
        get: operations["getReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 200 only when events can be accepted */
        get: operations["getReadyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 200 only when events can be accepted */
        get: operations["getApiReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["getLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["getHealthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["getApiLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/build": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What runs here */
        get: operations["getBuild"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics for Prometheus */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{eventId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event by eventId, or by id
         * @description With `Accept: application/cloudevents+json` as a CloudEvent, once it is stored or dead; one that was sent as a CloudEvent is answered as it was sent.
         */
        get: operations["getV1EventsByEventId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{eventId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event by eventId, or by id
         * @description With `Accept: application/cloudevents+json` as a CloudEvent, once it is stored or dead; one that was sent as a CloudEvent is answered as it was sent.
         */
        get: operations["getEventsByEventId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/dlq": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Dead letters, those that died last first */
        get: operations["getV1AdminDlq"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/dlq/reasons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Dead letters of one state by cause, the most frequent first */
        get: operations["getV1AdminDlqReasons"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/dlq/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many dead letters there are, by state, and the open ones by reason */
        get: operations["getV1AdminDlqCounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/dlq/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One dead letter: the item as it was sent, and every attempt */
        get: operations["getV1AdminDlqById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/dlq/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Discard open dead letters, with a reason; when `more` is true, send it again */
        post: operations["postV1AdminDlqDiscard"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events that wait for their next attempt, those that are due next first */
        get: operations["getV1AdminRetries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was done, by whom and when, the latest first */
        get: operations["getV1AdminAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Jobs of all kinds, newest first */
        get: operations["getV1AdminJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One job: progress, outcome, report */
        get: operations["getV1AdminJobsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/jobs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause a job: takes effect within a second or two; nothing is lost or repeated */
        post: operations["postV1AdminJobsByIdPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/jobs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Resume a job that was paused, has failed, or stopped by itself */
        post: operations["postV1AdminJobsByIdResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a job for good; what it did stays done */
        post: operations["postV1AdminJobsByIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase one user: events, dead letters, attempts, and what is still on its way
         * @description Makes a job that removes everything of this user that was acknowledged before. What is sent later, also a resend of what was erased, is new; with `block` it is refused. The ledger counts what went as `erased`. `GET /v1/admin/jobs/{id}` says how far it is, how many went, and which exported files may still hold some.
         */
        post: operations["postV1AdminErasures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/erasures/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whether a user was erased, and is blocked */
        post: operations["postV1AdminErasuresSearch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/erasures/unblock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take events of a blocked user again */
        post: operations["postV1AdminErasuresUnblock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Export stored events to Parquet, in a folder or a bucket
         * @description Makes a job that takes the events of a tenant that occurred from `from` up to, not including, `to`, and were stored before it begins. `GET /v1/admin/jobs/{id}` says how far it is, and where the parts and their manifest are.
         */
        post: operations["postV1AdminExports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retention/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Remove what is too old now, as RETENTION_CRON does every day; a dry run counts it by tenant and type */
        post: operations["postV1AdminRetentionRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/dlq/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try dead letters again, with a patch if need be */
        post: operations["postV1AdminDlqRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Replays, newest first */
        get: operations["getV1AdminReplay"];
        put?: never;
        /** Replay dead letters or look at stored events again; a dry run says what would happen and changes nothing */
        post: operations["postV1AdminReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/replay/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One replay: progress, outcomes, report */
        get: operations["getV1AdminReplayById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/replay/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause: takes effect within a second; nothing is lost or repeated */
        post: operations["postV1AdminReplayByIdPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/replay/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Continue with what was paused, or stopped by itself */
        post: operations["postV1AdminReplayByIdResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/replay/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End it for good; letters in hand become open again */
        post: operations["postV1AdminReplayByIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Per minute of acceptance: what became of it */
        get: operations["getV1AdminLedger"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/ledger/alarms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Losses, each with its bound; kept for ever */
        get: operations["getV1AdminLedgerAlarms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/ledger/alarms/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say that a loss is known and what was done; the alarm stays in the list */
        post: operations["postV1AdminLedgerAlarmsByIdAcknowledge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/ledger/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Independent counts: documents against the ledger, per tenant and day */
        get: operations["getV1AdminLedgerChecks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/ledger/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Count now; the answer is the count that is under way */
        post: operations["postV1AdminLedgerVerify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is happening now */
        get: operations["getV1Stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same, once a second (server-sent events) */
        get: operations["getV1StatsLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last minutes, up to a week, as a series of at most 1,500 points */
        get: operations["getV1StatsHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Keys, newest first */
        get: operations["getV1AdminKeys"];
        put?: never;
        /** Create a key; it is shown this once */
        post: operations["postV1AdminKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One key */
        get: operations["getV1AdminKeysById"];
        put?: never;
        post?: never;
        /** Revoke a key, everywhere within 1 s */
        delete: operations["deleteV1AdminKeysById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Issue a successor; the old key works until the overlap ends */
        post: operations["postV1AdminKeysByIdRotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tenants by id */
        get: operations["getV1AdminTenants"];
        put?: never;
        /** Create a tenant */
        post: operations["postV1AdminTenants"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tenants to choose from: ids and names */
        get: operations["getV1MeTenants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/tenants/{tenantId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One tenant */
        get: operations["getV1AdminTenantsByTenantId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change name, limits or retention */
        patch: operations["patchV1AdminTenantsByTenantId"];
        trace?: never;
    };
    "/v1/admin/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Event types by name */
        get: operations["getV1AdminEventTypes"];
        put?: never;
        /** Register an event type, or its next version; checked against a sample of what is stored */
        post: operations["postV1AdminEventTypes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/event-types/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What registering would do; registers nothing */
        post: operations["postV1AdminEventTypesCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/event-types/{type}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One event type with all versions */
        get: operations["getV1AdminEventTypesByType"];
        put?: never;
        post?: never;
        /** Retire a version, or all: events of a type without versions are of an unknown type */
        delete: operations["deleteV1AdminEventTypesByType"];
        options?: never;
        head?: never;
        /** Make another version count, or change the description */
        patch: operations["patchV1AdminEventTypesByType"];
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["getV1Session"];
        put?: never;
        /** Sign in */
        post: operations["postV1Session"];
        /** Sign out */
        delete: operations["deleteV1Session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asks, and what they may do */
        get: operations["getV1Me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change one's password; other sessions end, and this one gets a new cookie */
        post: operations["postV1MePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is signed in */
        get: operations["getV1MeSessions"];
        put?: never;
        post?: never;
        /** End all of one's other sessions */
        delete: operations["deleteV1MeSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of one's sessions */
        delete: operations["deleteV1MeSessionsById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What one has chosen for the dashboard */
        get: operations["getV1MeSettings"];
        /** Set all settings; what is not named gets its default */
        put: operations["putV1MeSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change some settings */
        patch: operations["patchV1MeSettings"];
        trace?: never;
    };
    "/v1/admin/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People, by e-mail */
        get: operations["getV1AdminUsers"];
        put?: never;
        /** Add a person */
        post: operations["postV1AdminUsers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One person */
        get: operations["getV1AdminUsersById"];
        put?: never;
        post?: never;
        /** Disable a person; what they did stays in the audit log */
        delete: operations["deleteV1AdminUsersById"];
        options?: never;
        head?: never;
        /** Change the role, disable or enable; the person's sessions end at once */
        patch: operations["patchV1AdminUsersById"];
        trace?: never;
    };
    "/v1/admin/users/{id}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set or generate a password; the person's sessions end at once */
        post: operations["postV1AdminUsersByIdPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/users/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a person is signed in */
        get: operations["getV1AdminUsersByIdSessions"];
        put?: never;
        post?: never;
        /** Sign a person out everywhere */
        delete: operations["deleteV1AdminUsersByIdSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This API as OpenAPI 3.1 */
        get: operations["getOpenapiJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All problem types */
        get: operations["getProblems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a problem means and what to do */
        get: operations["getProblemsByCode"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description 1 to 200 characters without control characters; an integer of up to 200 digits becomes its decimal text */
        Name: string | number;
        /** @description One event. null counts as missing. When a field is there under two names the first one listed that fits counts, and the other is data like any. Further fields are kept: beside the payload, or as the payload when there is none. */
        SentEvent: {
            /** @description Its identity within the tenant: the same id is stored once, however often it is sent */
            eventId?: components["schemas"]["Name"];
            /** @description Another name of eventId. A value that does not fit is ordinary data */
            event_id?: unknown;
            /** @description Another name of eventId. A value that does not fit is ordinary data */
            id?: unknown;
            /** @description What happened. May be missing when the API key has a default type */
            eventType?: components["schemas"]["Name"];
            /** @description Another name of eventType. A value that does not fit is ordinary data */
            event_type?: unknown;
            /** @description Another name of eventType. A value that does not fit is ordinary data */
            type?: unknown;
            /** @description Whom it concerns: events of one user lie on one shard. Missing: partitionKey, else subject, else eventId */
            userId?: components["schemas"]["Name"];
            /** @description Another name of userId. A value that does not fit is ordinary data */
            user_id?: unknown;
            /** @description What it concerns, such as the number of an order */
            subject?: components["schemas"]["Name"];
            /** @description Another name of subject. A value that does not fit is ordinary data */
            entityId?: unknown;
            /** @description Missing: subject */
            partitionKey?: components["schemas"]["Name"];
            /**
             * Format: date-time
             * @description RFC 3339 with a zone, from 1970 to 24 hours from now; kept as it was sent. Missing: the time of receipt
             */
            occurredAt?: string;
            /** @description Another name of occurredAt, which also takes epoch numbers: up to 11 digits are seconds (with a fraction or not), 12 or 13 milliseconds. A value that does not fit is ordinary data */
            occurred_at?: unknown;
            /** @description Another name of occurredAt, which also takes epoch numbers: up to 11 digits are seconds (with a fraction or not), 12 or 13 milliseconds. A value that does not fit is ordinary data */
            timestamp?: unknown;
            /** @description Another name of occurredAt, which also takes epoch numbers: up to 11 digits are seconds (with a fraction or not), 12 or 13 milliseconds. A value that does not fit is ordinary data */
            time?: unknown;
            /** @description Who sends it. Missing: the API key's name */
            source?: components["schemas"]["Name"];
            /** @description Another name of source. A value that does not fit is ordinary data */
            service?: unknown;
            /** @description Missing: 1.0.0 */
            schemaVersion?: components["schemas"]["Name"];
            /** @description Missing: 1.0 */
            specVersion?: components["schemas"]["Name"];
            /** @description Any JSON. Missing: all fields that have no meaning of their own are the payload, so that flat events work */
            payload?: unknown;
            /** @description Another name of payload */
            data?: unknown;
        } & {
            [key: string]: unknown;
        };
        Accepted: {
            eventId: string;
            /** @description UUIDv8 of the stored event */
            id: string;
            /** @constant */
            status: "accepted";
            /** @description RFC 3339, UTC */
            receivedAt: string;
            /** @description Says when an idempotency key was not used, because the event has an eventId */
            detail?: string;
        };
        Stored: {
            eventId: string;
            /** @description UUIDv8 of the stored event */
            id: string;
            /** @constant */
            status: "stored";
            /** @description RFC 3339, UTC */
            receivedAt: string;
            /** @description Says when an idempotency key was not used, because the event has an eventId */
            detail?: string;
            /** @description RFC 3339, UTC */
            storedAt: string;
        };
        Dead: {
            eventId: string;
            /** @description UUIDv8 of the stored event */
            id: string;
            /** @constant */
            status: "dead";
            /** @description RFC 3339, UTC */
            receivedAt: string;
            detail: string;
            /** @description Id of its dead letter (GET /v1/admin/dlq/{id}) */
            deadLetter: string;
            /**
             * @description Why it died
             * @enum {string}
             */
            code: "UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT";
        };
        /** @description The event that was accepted first under this identity */
        FirstAccepted: {
            eventId: string;
            /** @description UUIDv8 of the stored event */
            id: string;
            /** @description RFC 3339, UTC */
            receivedAt: string;
        };
        ItemResult: {
            /** @description Position of the item; in a resumed stream it counts from the part that was sent */
            index: number;
            eventId?: string;
            /**
             * @description With Prefer: wait an accepted item that was decided in time is stored or dead
             * @enum {string}
             */
            status: "accepted" | "duplicate" | "conflict" | "rejected" | "retry" | "stored" | "dead";
            /** @description Problem code of an item that is neither accepted nor duplicate; reason code of a dead one */
            code?: string;
            /** @description RFC 3339, UTC */
            storedAt?: string;
            /** @description Id of its dead letter (GET /v1/admin/dlq/{id}) */
            deadLetter?: string;
            /** @description What is wrong, and where: of NDJSON also the line (from 1; of a resumed stream, of this part) and the byte */
            detail?: string;
        };
        BatchSummary: {
            accepted: number;
            duplicates: number;
            conflicts: number;
            rejected: number;
            retry: number;
            /** @description With Prefer: wait: how many of the accepted are stored by now */
            stored?: number;
            /** @description With Prefer: wait: how many of the accepted are dead letters by now; results lists them */
            dead?: number;
            /** @description What is neither accepted nor duplicate; everything with ?results=all */
            results: components["schemas"]["ItemResult"][];
            /** @description Says when an idempotency key was not used for some items, because they have an eventId */
            detail?: string;
        };
        StreamSummary: {
            accepted: number;
            duplicates: number;
            conflicts: number;
            rejected: number;
            retry: number;
            /** @description With Prefer: wait: how many of the accepted are stored by now */
            stored?: number;
            /** @description With Prefer: wait: how many of the accepted are dead letters by now; results lists them */
            dead?: number;
            /** @description What is neither accepted nor duplicate; everything with ?results=all. The first 10,000 of them */
            results: components["schemas"]["ItemResult"][];
            /** @description Says when an idempotency key was not used for some items, because they have an eventId */
            detail?: string;
            /** @description How many more belong in results; only when there are any */
            resultsOmitted?: number;
            /** @description Decoded byte offset up to which every item is decided; resume there with X-Stream-Offset */
            offset: number;
        };
        /** @description The result of one item, or the last line */
        StreamLine: {
            /** @description Position of the item; in a resumed stream it counts from the part that was sent */
            index: number;
            eventId?: string;
            /**
             * @description With Prefer: wait an accepted item that was decided in time is stored or dead
             * @enum {string}
             */
            status: "accepted" | "duplicate" | "conflict" | "rejected" | "retry" | "stored" | "dead";
            /** @description Problem code of an item that is neither accepted nor duplicate; reason code of a dead one */
            code?: string;
            /** @description RFC 3339, UTC */
            storedAt?: string;
            /** @description Id of its dead letter (GET /v1/admin/dlq/{id}) */
            deadLetter?: string;
            /** @description What is wrong, and where: of NDJSON also the line (from 1; of a resumed stream, of this part) and the byte */
            detail?: string;
            /** @description Where to resume when this was the last line that came */
            offset: number;
        } | {
            /** @description results is empty: each item had its line */
            summary: components["schemas"]["StreamSummary"];
            /** @description What ended the stream before its end */
            problem?: {
                code: string;
                status: number;
                title: string;
                detail: string;
            } & {
                [key: string]: unknown;
            };
        };
        Foreseen: {
            eventId: string;
            /** @description UUIDv8 that it would be stored under */
            id: string;
            /**
             * @description How sending it would be answered
             * @enum {string}
             */
            status: "accepted" | "duplicate" | "conflict";
            /**
             * @description What would become of it; an event that would die is accepted first
             * @enum {string}
             */
            would: "stored" | "dead" | "duplicate" | "conflict";
            /**
             * @description Why it would not be stored
             * @enum {string}
             */
            code?: "duplicate" | "identity-conflict" | "UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT";
        };
        ForeseenSummary: {
            accepted: number;
            duplicates: number;
            conflicts: number;
            rejected: number;
            retry: number;
            /** @description With Prefer: wait: how many of the accepted are stored by now */
            stored?: number;
            /** @description With Prefer: wait: how many of the accepted are dead letters by now; results lists them */
            dead?: number;
            /** @description Every item, in order; one that is rejected has no would */
            results: {
                /** @description Position of the item; in a resumed stream it counts from the part that was sent */
                index: number;
                eventId?: string;
                /**
                 * @description With Prefer: wait an accepted item that was decided in time is stored or dead
                 * @enum {string}
                 */
                status: "accepted" | "duplicate" | "conflict" | "rejected" | "retry" | "stored" | "dead";
                /** @description Why it would not be stored: a problem code or the reason code of a dead letter */
                code?: string;
                /** @description RFC 3339, UTC */
                storedAt?: string;
                /** @description Id of its dead letter (GET /v1/admin/dlq/{id}) */
                deadLetter?: string;
                /** @description What is wrong, and where: of NDJSON also the line (from 1; of a resumed stream, of this part) and the byte */
                detail?: string;
                /**
                 * @description What would become of it; an event that would die is accepted first
                 * @enum {string}
                 */
                would?: "stored" | "dead" | "duplicate" | "conflict";
            }[];
            /** @description Says when an idempotency key was not used for some items, because they have an eventId */
            detail?: string;
        };
        /** @description RFC 9457. The table of codes is at /problems. */
        Problem: {
            /** @description /problems/{code} */
            type: string;
            title: string;
            status: number;
            detail?: string;
            instance?: string;
            /** @enum {string} */
            code: "invalid-json" | "invalid-xml" | "invalid-event" | "invalid-request" | "tenant-required" | "unauthenticated" | "forbidden" | "tenant-mismatch" | "tenant-not-allowed" | "not-found" | "event-not-found" | "event-expired" | "dead-letter-not-found" | "method-not-allowed" | "request-timeout" | "duplicate" | "conflict" | "event-too-large" | "batch-too-large" | "unsupported-media-type" | "identity-conflict" | "user-blocked" | "rate-limited" | "internal" | "backlog-full" | "storage-unavailable" | "outcome-unknown" | "shutting-down";
            correlationId?: string;
            errors?: {
                pointer: string;
                detail: string;
            }[];
        } & {
            [key: string]: unknown;
        };
    };
    responses: {
        /** @description `invalid-request`, `invalid-json`, `tenant-required`: errors[] names each parameter or member and what is wrong with it */
        Invalid: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-found`, `event-not-found`: there is no such thing, or it is another tenant's */
        NotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthenticated`: the credential is missing, malformed, unknown, expired or revoked */
        Unauthenticated: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `forbidden`: the credential lacks the scope or the role for this. `tenant-mismatch`: X-Tenant-Id names another tenant than the key's */
        Forbidden: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request-timeout`: the body came too slowly */
        TooSlow: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported-media-type`: another Content-Type or Content-Encoding than those described here. Accept or Accept-Encoding names those that are taken */
        UnsupportedMediaType: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `rate-limited`: too many requests, events or guesses in a time, or as much under way as one tenant or person may have: pages, searches, live views, retries and replays, schemas that are examined. Nothing was taken or done */
        RateLimited: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `storage-unavailable`, `shutting-down`: a store that this needs does not answer, or the process ends */
        Unavailable: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                traceresponse: components["headers"]["traceresponse"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description The identity of events that have no eventId: what is sent again with the same key is stored once. Of several events each after the first also counts with its position. "abc", a structured string, and abc are one key */
        "Idempotency-Key": string;
        /** @description Same as Idempotency-Key. When both are there they must say the same */
        "X-Idempotency-Key": string;
        /** @description gzip when the body is compressed */
        "Content-Encoding": "gzip" | "x-gzip" | "identity";
        /** @description Kept with the events, and answered. Visible ASCII, else it is ignored. Missing: the trace id of traceparent, else a new one */
        "X-Correlation-Id": string;
        /** @description W3C trace context: the request belongs to this trace, which is kept with the events. A malformed one is ignored */
        traceparent: string;
        /** @description W3C trace context: what vendors keep beside traceparent; kept with the events, too */
        tracestate: string;
        /** @description Administrators choose a tenant with it. With an API key it may be missing; else it must be the key's tenant */
        "X-Tenant-Id": string;
        /** @description With wait=N (whole seconds, 30 at most) the answer comes when each accepted event is stored or dead, or when N seconds have passed. With handling=lenient a duplicate of one event is answered with 200 and the first one's answer, not with 409; and many of which some were not taken with 200, not with 207 */
        Prefer: string;
        /** @description Resumes a broken upload: the offset of its summary. Send what follows that byte of the decoded stream, with the same idempotency key */
        "X-Stream-Offset": number;
    };
    requestBodies: never;
    headers: {
        /** @description Names this request in the logs and in its events */
        "X-Correlation-Id": string;
        /** @description Where the request stands in its trace, when that is recorded (as traceparent) */
        traceresponse: string;
        /** @description Where the one event can be read */
        Location: string;
        /** @description Seconds to wait before sending again */
        "Retry-After": number;
        /** @description Where there is a limit: "requests";q=500;w=1 allows 500 a second */
        "RateLimit-Policy": string;
        /** @description What is left of it: "requests";r=499;t=1 */
        RateLimit: string;
        /** @description Which of the preferences the answer follows: handling=lenient, wait=N */
        "Preference-Applied": string;
        /** @description How to authenticate */
        "WWW-Authenticate": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getV1Events: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Sends the search to one shard */
                userId?: string;
                source?: string;
                /** @description Older name of source */
                service?: string;
                type?: string;
                correlationId?: string;
                /** @description Earliest occurredAt */
                from?: string;
                /** @description occurredAt before this */
                to?: string;
                /** @description By occurredAt; newest first unless told */
                order?: "asc" | "desc";
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
                /** @description Number of a page, from 1; the answer has the total. A cursor costs less */
                page?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            eventId: string;
                            id: string;
                            tenantId: string;
                            /** @enum {string} */
                            status: "queued" | "retrying" | "stored" | "dead";
                            /** @description RFC 3339, UTC */
                            receivedAt: string;
                            /** @description RFC 3339, UTC */
                            storedAt?: string;
                            /** @description Same as storedAt, for older clients */
                            processedAt?: string;
                            attempts?: number;
                            /** @description <partition>/<id> of the stream entry it was stored from; absent after a replay */
                            entry?: string;
                            /** @description When that entry was appended, by Redis's clock; with attempts above 1, for the last time */
                            appendedAt?: string;
                            /** @description From accepted to written, in ms */
                            durationMs?: number;
                            eventType?: string;
                            userId?: string;
                            subject?: string;
                            partitionKey?: string;
                            /** @description As the producer sent it; of an epoch number the time that it says, in UTC */
                            occurredAt?: string;
                            /** @description The epoch number, when the producer sent one */
                            occurredAtSent?: string;
                            source?: string;
                            schemaVersion?: string;
                            specVersion?: string;
                            correlationId?: string;
                            /** @description Where it stands in its trace (W3C) */
                            traceparent?: string;
                            /** @description What vendors keep beside it */
                            tracestate?: string;
                            payload?: unknown;
                            extensions?: {
                                [key: string]: unknown;
                            };
                            /** @description Version of its type's schema that the payload was checked against */
                            typeVersion?: number;
                            /** @description Topic of the Kafka message it came from; absent when it came by HTTP */
                            src_topic?: string;
                            /** @description Partition of that topic */
                            src_partition?: number;
                            /** @description Offset in that partition */
                            src_offset?: number;
                            /** @description Set when it was stored by a replay with a patch */
                            patched?: {
                                replayId: string;
                                by: string;
                                /** @description Id of the dead letter that holds what was sent */
                                from: string;
                            };
                            /**
                             * @description What it was written in; absent: json
                             * @enum {string}
                             */
                            format?: "json" | "xml" | "cloudevent" | "bytes";
                            /** @description What is not JSON, exactly as it was sent */
                            raw?: string;
                            /** @description Id of the dead letter, when status is dead */
                            deadLetter?: string;
                        }[];
                        nextCursor: string | null;
                        /** @description As asked for */
                        page?: number;
                        /** @description All events that the filters select; only with page */
                        total?: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Events: {
        parameters: {
            query?: {
                /** @description Lists every item of many, in order; unset, what is neither accepted nor duplicate */
                results?: "all";
            };
            header?: {
                /** @description The identity of events that have no eventId: what is sent again with the same key is stored once. Of several events each after the first also counts with its position. "abc", a structured string, and abc are one key */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Same as Idempotency-Key. When both are there they must say the same */
                "X-Idempotency-Key"?: components["parameters"]["X-Idempotency-Key"];
                /** @description gzip when the body is compressed */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description Kept with the events, and answered. Visible ASCII, else it is ignored. Missing: the trace id of traceparent, else a new one */
                "X-Correlation-Id"?: components["parameters"]["X-Correlation-Id"];
                /** @description W3C trace context: the request belongs to this trace, which is kept with the events. A malformed one is ignored */
                traceparent?: components["parameters"]["traceparent"];
                /** @description W3C trace context: what vendors keep beside traceparent; kept with the events, too */
                tracestate?: components["parameters"]["tracestate"];
                /** @description Administrators choose a tenant with it. With an API key it may be missing; else it must be the key's tenant */
                "X-Tenant-Id"?: components["parameters"]["X-Tenant-Id"];
                /** @description With wait=N (whole seconds, 30 at most) the answer comes when each accepted event is stored or dead, or when N seconds have passed. With handling=lenient a duplicate of one event is answered with 200 and the first one's answer, not with 409; and many of which some were not taken with 200, not with 207 */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description One event, or many as an array, as lines or as XML; CloudEvents also in binary mode, with any type of body and headers ce-…. An event has at most 262,144 bytes, a body 10,485,760 bytes or 10,000 events. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["SentEvent"] | components["schemas"]["SentEvent"][];
                /**
                 * @example {"eventId":"pay-1001","eventType":"PAYMENT","amount":5,"currency":"EUR"}
                 *     {"eventId":"pay-1002","eventType":"PAYMENT","amount":7,"currency":"EUR"}
                 */
                "application/x-ndjson": string;
                /**
                 * @example {
                 *       "specversion": "1.0",
                 *       "id": "order-4711-created",
                 *       "source": "https://shop.example/orders",
                 *       "type": "order.created",
                 *       "time": "2026-01-31T12:00:00Z",
                 *       "data": {
                 *         "amount": 12.5
                 *       }
                 *     }
                 */
                "application/cloudevents+json": {
                    /** @constant */
                    specversion: "1.0";
                    id: string;
                    source: string;
                    type: string;
                };
                /**
                 * @example [
                 *       {
                 *         "specversion": "1.0",
                 *         "id": "order-4711-created",
                 *         "source": "https://shop.example/orders",
                 *         "type": "order.created",
                 *         "time": "2026-01-31T12:00:00Z",
                 *         "data": {
                 *           "amount": 12.5
                 *         }
                 *       }
                 *     ]
                 */
                "application/cloudevents-batch+json": {
                    /** @constant */
                    specversion: "1.0";
                    id: string;
                    source: string;
                    type: string;
                }[];
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "application/xml": string;
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "text/xml": string;
            };
        };
        responses: {
            /** @description With Prefer: handling=lenient. A duplicate of one event: the first one's answer. Of many, some were not taken: as 207 */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"] | components["schemas"]["BatchSummary"];
                };
            };
            /** @description With Prefer: wait. It is stored. Of many: each is stored, or was before */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stored"] | components["schemas"]["BatchSummary"];
                };
            };
            /** @description Accepted. Of many: each is accepted, or was before. With Prefer: wait also when an event is a dead letter by now, or none of both when the time had passed */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"] | components["schemas"]["Dead"] | components["schemas"]["BatchSummary"];
                };
            };
            /** @description Of many, some were not taken; results says which and why. With Retry-After when some should be sent again */
            207: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchSummary"];
                };
            };
            /** @description `invalid-json`; `invalid-xml`; `invalid-event`: errors says where; `invalid-request`: a header, the query or the compression; `tenant-required`. When each of many was rejected, with the counts and results */
            400: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/invalid-event",
                     *       "title": "The event is not valid",
                     *       "status": 400,
                     *       "detail": "/occurredAt must not be before 1970",
                     *       "instance": "/v1/events",
                     *       "code": "invalid-event",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "errors": [
                     *         {
                     *           "pointer": "/occurredAt",
                     *           "detail": "must not be before 1970"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["BatchSummary"]) | components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["TooSlow"];
            /** @description `duplicate`: it was accepted before, with the same body. The first one counts; treat this as success */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/duplicate",
                     *       "title": "This event was accepted before",
                     *       "status": 409,
                     *       "detail": "The first one counts; this may be treated as success.",
                     *       "instance": "/v1/events",
                     *       "code": "duplicate",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "eventId": "order-1001",
                     *       "id": "00000000-0000-86e8-9cc4-566f99f1f93f",
                     *       "receivedAt": "2026-01-31T11:00:00.123Z"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"] & components["schemas"]["FirstAccepted"];
                };
            };
            /** @description `event-too-large`: one event of more than 262,144 bytes. `batch-too-large`: more than 10,485,760 bytes or 10,000 events */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            /** @description `identity-conflict`: another body was accepted under this identity, nothing was overwritten. `user-blocked`: its user was erased, and is refused since */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/identity-conflict",
                     *       "title": "Another event has this identity",
                     *       "status": 422,
                     *       "detail": "An event with this identity and another body was accepted before.",
                     *       "instance": "/v1/events",
                     *       "code": "identity-conflict",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "eventId": "order-1001",
                     *       "id": "00000000-0000-86e8-9cc4-566f99f1f93f",
                     *       "receivedAt": "2026-01-31T11:00:00.123Z"
                     *     }
                     */
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["FirstAccepted"]) | components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            /** @description `backlog-full`, `storage-unavailable`, `shutting-down`: nothing was taken. `outcome-unknown`: that is not known; send again with the same id, it is stored once. When each of many should be sent again, with the counts and results */
            503: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/outcome-unknown",
                     *       "title": "The outcome is not known; send again with the same id",
                     *       "status": 503,
                     *       "detail": "Send it again with the same id.",
                     *       "instance": "/v1/events",
                     *       "code": "outcome-unknown",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "eventId": "order-1001"
                     *     }
                     */
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["BatchSummary"]) | components["schemas"]["Problem"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getEvents: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Sends the search to one shard */
                userId?: string;
                source?: string;
                /** @description Older name of source */
                service?: string;
                type?: string;
                correlationId?: string;
                /** @description Earliest occurredAt */
                from?: string;
                /** @description occurredAt before this */
                to?: string;
                /** @description By occurredAt; newest first unless told */
                order?: "asc" | "desc";
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
                /** @description Number of a page, from 1; the answer has the total. A cursor costs less */
                page?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            eventId: string;
                            id: string;
                            tenantId: string;
                            /** @enum {string} */
                            status: "queued" | "retrying" | "stored" | "dead";
                            /** @description RFC 3339, UTC */
                            receivedAt: string;
                            /** @description RFC 3339, UTC */
                            storedAt?: string;
                            /** @description Same as storedAt, for older clients */
                            processedAt?: string;
                            attempts?: number;
                            /** @description <partition>/<id> of the stream entry it was stored from; absent after a replay */
                            entry?: string;
                            /** @description When that entry was appended, by Redis's clock; with attempts above 1, for the last time */
                            appendedAt?: string;
                            /** @description From accepted to written, in ms */
                            durationMs?: number;
                            eventType?: string;
                            userId?: string;
                            subject?: string;
                            partitionKey?: string;
                            /** @description As the producer sent it; of an epoch number the time that it says, in UTC */
                            occurredAt?: string;
                            /** @description The epoch number, when the producer sent one */
                            occurredAtSent?: string;
                            source?: string;
                            schemaVersion?: string;
                            specVersion?: string;
                            correlationId?: string;
                            /** @description Where it stands in its trace (W3C) */
                            traceparent?: string;
                            /** @description What vendors keep beside it */
                            tracestate?: string;
                            payload?: unknown;
                            extensions?: {
                                [key: string]: unknown;
                            };
                            /** @description Version of its type's schema that the payload was checked against */
                            typeVersion?: number;
                            /** @description Topic of the Kafka message it came from; absent when it came by HTTP */
                            src_topic?: string;
                            /** @description Partition of that topic */
                            src_partition?: number;
                            /** @description Offset in that partition */
                            src_offset?: number;
                            /** @description Set when it was stored by a replay with a patch */
                            patched?: {
                                replayId: string;
                                by: string;
                                /** @description Id of the dead letter that holds what was sent */
                                from: string;
                            };
                            /**
                             * @description What it was written in; absent: json
                             * @enum {string}
                             */
                            format?: "json" | "xml" | "cloudevent" | "bytes";
                            /** @description What is not JSON, exactly as it was sent */
                            raw?: string;
                            /** @description Id of the dead letter, when status is dead */
                            deadLetter?: string;
                        }[];
                        nextCursor: string | null;
                        /** @description As asked for */
                        page?: number;
                        /** @description All events that the filters select; only with page */
                        total?: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postEvents: {
        parameters: {
            query?: {
                /** @description Lists every item of many, in order; unset, what is neither accepted nor duplicate */
                results?: "all";
            };
            header?: {
                /** @description The identity of events that have no eventId: what is sent again with the same key is stored once. Of several events each after the first also counts with its position. "abc", a structured string, and abc are one key */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Same as Idempotency-Key. When both are there they must say the same */
                "X-Idempotency-Key"?: components["parameters"]["X-Idempotency-Key"];
                /** @description gzip when the body is compressed */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description Kept with the events, and answered. Visible ASCII, else it is ignored. Missing: the trace id of traceparent, else a new one */
                "X-Correlation-Id"?: components["parameters"]["X-Correlation-Id"];
                /** @description W3C trace context: the request belongs to this trace, which is kept with the events. A malformed one is ignored */
                traceparent?: components["parameters"]["traceparent"];
                /** @description W3C trace context: what vendors keep beside traceparent; kept with the events, too */
                tracestate?: components["parameters"]["tracestate"];
                /** @description Administrators choose a tenant with it. With an API key it may be missing; else it must be the key's tenant */
                "X-Tenant-Id"?: components["parameters"]["X-Tenant-Id"];
                /** @description With wait=N (whole seconds, 30 at most) the answer comes when each accepted event is stored or dead, or when N seconds have passed. With handling=lenient a duplicate of one event is answered with 200 and the first one's answer, not with 409; and many of which some were not taken with 200, not with 207 */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description One event, or many as an array, as lines or as XML; CloudEvents also in binary mode, with any type of body and headers ce-…. An event has at most 262,144 bytes, a body 10,485,760 bytes or 10,000 events. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["SentEvent"] | components["schemas"]["SentEvent"][];
                /**
                 * @example {"eventId":"pay-1001","eventType":"PAYMENT","amount":5,"currency":"EUR"}
                 *     {"eventId":"pay-1002","eventType":"PAYMENT","amount":7,"currency":"EUR"}
                 */
                "application/x-ndjson": string;
                /**
                 * @example {
                 *       "specversion": "1.0",
                 *       "id": "order-4711-created",
                 *       "source": "https://shop.example/orders",
                 *       "type": "order.created",
                 *       "time": "2026-01-31T12:00:00Z",
                 *       "data": {
                 *         "amount": 12.5
                 *       }
                 *     }
                 */
                "application/cloudevents+json": {
                    /** @constant */
                    specversion: "1.0";
                    id: string;
                    source: string;
                    type: string;
                };
                /**
                 * @example [
                 *       {
                 *         "specversion": "1.0",
                 *         "id": "order-4711-created",
                 *         "source": "https://shop.example/orders",
                 *         "type": "order.created",
                 *         "time": "2026-01-31T12:00:00Z",
                 *         "data": {
                 *           "amount": 12.5
                 *         }
                 *       }
                 *     ]
                 */
                "application/cloudevents-batch+json": {
                    /** @constant */
                    specversion: "1.0";
                    id: string;
                    source: string;
                    type: string;
                }[];
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "application/xml": string;
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "text/xml": string;
            };
        };
        responses: {
            /** @description With Prefer: handling=lenient. A duplicate of one event: the first one's answer. Of many, some were not taken: as 207 */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"] | components["schemas"]["BatchSummary"];
                };
            };
            /** @description With Prefer: wait. It is stored. Of many: each is stored, or was before */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stored"] | components["schemas"]["BatchSummary"];
                };
            };
            /** @description Accepted. Of many: each is accepted, or was before. With Prefer: wait also when an event is a dead letter by now, or none of both when the time had passed */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"] | components["schemas"]["Dead"] | components["schemas"]["BatchSummary"];
                };
            };
            /** @description Of many, some were not taken; results says which and why. With Retry-After when some should be sent again */
            207: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchSummary"];
                };
            };
            /** @description `invalid-json`; `invalid-xml`; `invalid-event`: errors says where; `invalid-request`: a header, the query or the compression; `tenant-required`. When each of many was rejected, with the counts and results */
            400: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/invalid-event",
                     *       "title": "The event is not valid",
                     *       "status": 400,
                     *       "detail": "/occurredAt must not be before 1970",
                     *       "instance": "/v1/events",
                     *       "code": "invalid-event",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "errors": [
                     *         {
                     *           "pointer": "/occurredAt",
                     *           "detail": "must not be before 1970"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["BatchSummary"]) | components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["TooSlow"];
            /** @description `duplicate`: it was accepted before, with the same body. The first one counts; treat this as success */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/duplicate",
                     *       "title": "This event was accepted before",
                     *       "status": 409,
                     *       "detail": "The first one counts; this may be treated as success.",
                     *       "instance": "/v1/events",
                     *       "code": "duplicate",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "eventId": "order-1001",
                     *       "id": "00000000-0000-86e8-9cc4-566f99f1f93f",
                     *       "receivedAt": "2026-01-31T11:00:00.123Z"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"] & components["schemas"]["FirstAccepted"];
                };
            };
            /** @description `event-too-large`: one event of more than 262,144 bytes. `batch-too-large`: more than 10,485,760 bytes or 10,000 events */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            /** @description `identity-conflict`: another body was accepted under this identity, nothing was overwritten. `user-blocked`: its user was erased, and is refused since */
            422: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/identity-conflict",
                     *       "title": "Another event has this identity",
                     *       "status": 422,
                     *       "detail": "An event with this identity and another body was accepted before.",
                     *       "instance": "/v1/events",
                     *       "code": "identity-conflict",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "eventId": "order-1001",
                     *       "id": "00000000-0000-86e8-9cc4-566f99f1f93f",
                     *       "receivedAt": "2026-01-31T11:00:00.123Z"
                     *     }
                     */
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["FirstAccepted"]) | components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            /** @description `backlog-full`, `storage-unavailable`, `shutting-down`: nothing was taken. `outcome-unknown`: that is not known; send again with the same id, it is stored once. When each of many should be sent again, with the counts and results */
            503: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/outcome-unknown",
                     *       "title": "The outcome is not known; send again with the same id",
                     *       "status": 503,
                     *       "detail": "Send it again with the same id.",
                     *       "instance": "/v1/events",
                     *       "code": "outcome-unknown",
                     *       "correlationId": "5d9b2d4e-3c55-4a43-9a0f-7f1f0f4f8d11",
                     *       "eventId": "order-1001"
                     *     }
                     */
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["BatchSummary"]) | components["schemas"]["Problem"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1EventsValidate: {
        parameters: {
            query?: {
                /** @description Lists every item of many, in order; unset, what is neither accepted nor duplicate */
                results?: "all";
            };
            header?: {
                /** @description The identity of events that have no eventId: what is sent again with the same key is stored once. Of several events each after the first also counts with its position. "abc", a structured string, and abc are one key */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Same as Idempotency-Key. When both are there they must say the same */
                "X-Idempotency-Key"?: components["parameters"]["X-Idempotency-Key"];
                /** @description gzip when the body is compressed */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description Kept with the events, and answered. Visible ASCII, else it is ignored. Missing: the trace id of traceparent, else a new one */
                "X-Correlation-Id"?: components["parameters"]["X-Correlation-Id"];
                /** @description W3C trace context: the request belongs to this trace, which is kept with the events. A malformed one is ignored */
                traceparent?: components["parameters"]["traceparent"];
                /** @description W3C trace context: what vendors keep beside traceparent; kept with the events, too */
                tracestate?: components["parameters"]["tracestate"];
                /** @description Administrators choose a tenant with it. With an API key it may be missing; else it must be the key's tenant */
                "X-Tenant-Id"?: components["parameters"]["X-Tenant-Id"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description One event, or many as an array, as lines or as XML; CloudEvents also in binary mode, with any type of body and headers ce-…. An event has at most 262,144 bytes, a body 10,485,760 bytes or 10,000 events. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["SentEvent"] | components["schemas"]["SentEvent"][];
                /**
                 * @example {"eventId":"pay-1001","eventType":"PAYMENT","amount":5,"currency":"EUR"}
                 *     {"eventId":"pay-1002","eventType":"PAYMENT","amount":7,"currency":"EUR"}
                 */
                "application/x-ndjson": string;
                /**
                 * @example {
                 *       "specversion": "1.0",
                 *       "id": "order-4711-created",
                 *       "source": "https://shop.example/orders",
                 *       "type": "order.created",
                 *       "time": "2026-01-31T12:00:00Z",
                 *       "data": {
                 *         "amount": 12.5
                 *       }
                 *     }
                 */
                "application/cloudevents+json": {
                    /** @constant */
                    specversion: "1.0";
                    id: string;
                    source: string;
                    type: string;
                };
                /**
                 * @example [
                 *       {
                 *         "specversion": "1.0",
                 *         "id": "order-4711-created",
                 *         "source": "https://shop.example/orders",
                 *         "type": "order.created",
                 *         "time": "2026-01-31T12:00:00Z",
                 *         "data": {
                 *           "amount": 12.5
                 *         }
                 *       }
                 *     ]
                 */
                "application/cloudevents-batch+json": {
                    /** @constant */
                    specversion: "1.0";
                    id: string;
                    source: string;
                    type: string;
                }[];
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "application/xml": string;
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "text/xml": string;
            };
        };
        responses: {
            /** @description What would become of one event. Of many: when each would be accepted, or is a duplicate */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Foreseen"] | components["schemas"]["ForeseenSummary"];
                };
            };
            /** @description Of many, some would not be accepted */
            207: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForeseenSummary"];
                };
            };
            /** @description As for sending. When each of many would be rejected, with the counts and results */
            400: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["ForeseenSummary"]) | components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["TooSlow"];
            /** @description `event-too-large`: one event of more than 262,144 bytes. `batch-too-large`: more than 10,485,760 bytes or 10,000 events */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            /** @description `storage-unavailable`: what is stored cannot be looked up now. `backlog-full`, `shutting-down` */
            503: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1IngestStream: {
        parameters: {
            query?: {
                /** @description Lists every item of many, in order; unset, what is neither accepted nor duplicate */
                results?: "all";
            };
            header?: {
                /** @description The identity of events that have no eventId: what is sent again with the same key is stored once. Of several events each after the first also counts with its position. "abc", a structured string, and abc are one key */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
                /** @description Same as Idempotency-Key. When both are there they must say the same */
                "X-Idempotency-Key"?: components["parameters"]["X-Idempotency-Key"];
                /** @description gzip when the body is compressed */
                "Content-Encoding"?: components["parameters"]["Content-Encoding"];
                /** @description Kept with the events, and answered. Visible ASCII, else it is ignored. Missing: the trace id of traceparent, else a new one */
                "X-Correlation-Id"?: components["parameters"]["X-Correlation-Id"];
                /** @description W3C trace context: the request belongs to this trace, which is kept with the events. A malformed one is ignored */
                traceparent?: components["parameters"]["traceparent"];
                /** @description W3C trace context: what vendors keep beside traceparent; kept with the events, too */
                tracestate?: components["parameters"]["tracestate"];
                /** @description Administrators choose a tenant with it. With an API key it may be missing; else it must be the key's tenant */
                "X-Tenant-Id"?: components["parameters"]["X-Tenant-Id"];
                /** @description Resumes a broken upload: the offset of its summary. Send what follows that byte of the decoded stream, with the same idempotency key */
                "X-Stream-Offset"?: components["parameters"]["X-Stream-Offset"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description One event a line or element, of at most 262,144 bytes; 1,073,741,824 bytes in all, those before a resumption included. */
        requestBody: {
            content: {
                /**
                 * @example {"eventId":"pay-1001","eventType":"PAYMENT","amount":5,"currency":"EUR"}
                 *     {"eventId":"pay-1002","eventType":"PAYMENT","amount":7,"currency":"EUR"}
                 */
                "application/x-ndjson": string;
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "application/xml": string;
                /**
                 * @example <events>
                 *       <event><eventId>pay-1003</eventId><eventType>PAYMENT</eventType><amount>5</amount><currency>EUR</currency></event>
                 *       <payment><eventId>pay-1004</eventId><eventType>PAYMENT</eventType><payload><amount>7</amount><currency>EUR</currency></payload></payment>
                 *     </events>
                 */
                "text/xml": string;
            };
        };
        responses: {
            /** @description With Accept: application/x-ndjson, from the first decided item on. The last line has the summary, and the problem that ended the stream before its end, if one did. A connection that breaks before it: resume at the offset of the last line */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {"index":0,"eventId":"pay-1001","status":"accepted","offset":73}
                     *     {"index":1,"eventId":"pay-1002","status":"duplicate","offset":146}
                     *     {"summary":{"accepted":1,"duplicates":1,"conflicts":0,"rejected":0,"retry":0,"results":[],"offset":146}}
                     */
                    "application/x-ndjson": string;
                };
            };
            /** @description Each is accepted, or was before */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamSummary"];
                };
            };
            /** @description Some were not taken; results says which and why. With Retry-After when the rest should be sent, from offset on */
            207: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamSummary"];
                };
            };
            /** @description `invalid-event`: each was rejected; `invalid-xml`: the document ends where it is no XML; `invalid-request`: a header, the query, the compression, or the upload broke off; `tenant-required`. With the summary when it was read */
            400: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["StreamSummary"]) | components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `request-timeout`: the body came too slowly */
            408: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["StreamSummary"]) | components["schemas"]["Problem"];
                };
            };
            /** @description `batch-too-large`: more than 1,073,741,824 bytes */
            413: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["StreamSummary"]) | components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            /** @description `backlog-full`, `storage-unavailable`, `shutting-down`: nothing was taken. `outcome-unknown`: that is not known; send again with the same id, it is stored once. With the summary when items were read before: resume at its offset */
            503: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": (components["schemas"]["Problem"] & components["schemas"]["StreamSummary"]) | components["schemas"]["Problem"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "down";
                        uptimeSeconds: number;
                        version: string;
                        dependencies: {
                            redis: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            mongodb: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            postgres: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                        };
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "down";
                        uptimeSeconds: number;
                        version: string;
                        dependencies: {
                            redis: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            mongodb: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            postgres: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                        };
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getApiHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "down";
                        uptimeSeconds: number;
                        version: string;
                        dependencies: {
                            redis: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            mongodb: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            postgres: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                        };
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "down";
                        uptimeSeconds: number;
                        version: string;
                        dependencies: {
                            redis: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            mongodb: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                            postgres: {
                                /** @enum {string} */
                                status: "up" | "down";
                                latencyMs: number | null;
                                detail?: string;
                            };
                        };
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "not-ready";
                        reason?: string;
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "not-ready";
                        reason?: string;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "not-ready";
                        reason?: string;
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "not-ready";
                        reason?: string;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getApiReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "not-ready";
                        reason?: string;
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "not-ready";
                        reason?: string;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "live";
                        uptimeSeconds: number;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "live";
                        uptimeSeconds: number;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getApiLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "live";
                        uptimeSeconds: number;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBuild: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        version: string;
                        commit: string | null;
                        node: string;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Text format, or OpenMetrics with exemplars when it is asked for (Accept) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "application/openmetrics-text": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1EventsByEventId: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Sends the look-up to one shard */
                userId?: string;
                /** @description Looks in the hour of this time only */
                occurredAt?: string;
            };
            header?: never;
            path: {
                eventId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        eventId: string;
                        id: string;
                        tenantId: string;
                        /** @enum {string} */
                        status: "queued" | "retrying" | "stored" | "dead";
                        /** @description RFC 3339, UTC */
                        receivedAt: string;
                        /** @description RFC 3339, UTC */
                        storedAt?: string;
                        /** @description Same as storedAt, for older clients */
                        processedAt?: string;
                        attempts?: number;
                        /** @description <partition>/<id> of the stream entry it was stored from; absent after a replay */
                        entry?: string;
                        /** @description When that entry was appended, by Redis's clock; with attempts above 1, for the last time */
                        appendedAt?: string;
                        /** @description From accepted to written, in ms */
                        durationMs?: number;
                        eventType?: string;
                        userId?: string;
                        subject?: string;
                        partitionKey?: string;
                        /** @description As the producer sent it; of an epoch number the time that it says, in UTC */
                        occurredAt?: string;
                        /** @description The epoch number, when the producer sent one */
                        occurredAtSent?: string;
                        source?: string;
                        schemaVersion?: string;
                        specVersion?: string;
                        correlationId?: string;
                        /** @description Where it stands in its trace (W3C) */
                        traceparent?: string;
                        /** @description What vendors keep beside it */
                        tracestate?: string;
                        payload?: unknown;
                        extensions?: {
                            [key: string]: unknown;
                        };
                        /** @description Version of its type's schema that the payload was checked against */
                        typeVersion?: number;
                        /** @description Topic of the Kafka message it came from; absent when it came by HTTP */
                        src_topic?: string;
                        /** @description Partition of that topic */
                        src_partition?: number;
                        /** @description Offset in that partition */
                        src_offset?: number;
                        /** @description Set when it was stored by a replay with a patch */
                        patched?: {
                            replayId: string;
                            by: string;
                            /** @description Id of the dead letter that holds what was sent */
                            from: string;
                        };
                        /**
                         * @description What it was written in; absent: json
                         * @enum {string}
                         */
                        format?: "json" | "xml" | "cloudevent" | "bytes";
                        /** @description What is not JSON, exactly as it was sent */
                        raw?: string;
                        /** @description Id of the dead letter, when status is dead */
                        deadLetter?: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getEventsByEventId: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Sends the look-up to one shard */
                userId?: string;
                /** @description Looks in the hour of this time only */
                occurredAt?: string;
            };
            header?: never;
            path: {
                eventId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        eventId: string;
                        id: string;
                        tenantId: string;
                        /** @enum {string} */
                        status: "queued" | "retrying" | "stored" | "dead";
                        /** @description RFC 3339, UTC */
                        receivedAt: string;
                        /** @description RFC 3339, UTC */
                        storedAt?: string;
                        /** @description Same as storedAt, for older clients */
                        processedAt?: string;
                        attempts?: number;
                        /** @description <partition>/<id> of the stream entry it was stored from; absent after a replay */
                        entry?: string;
                        /** @description When that entry was appended, by Redis's clock; with attempts above 1, for the last time */
                        appendedAt?: string;
                        /** @description From accepted to written, in ms */
                        durationMs?: number;
                        eventType?: string;
                        userId?: string;
                        subject?: string;
                        partitionKey?: string;
                        /** @description As the producer sent it; of an epoch number the time that it says, in UTC */
                        occurredAt?: string;
                        /** @description The epoch number, when the producer sent one */
                        occurredAtSent?: string;
                        source?: string;
                        schemaVersion?: string;
                        specVersion?: string;
                        correlationId?: string;
                        /** @description Where it stands in its trace (W3C) */
                        traceparent?: string;
                        /** @description What vendors keep beside it */
                        tracestate?: string;
                        payload?: unknown;
                        extensions?: {
                            [key: string]: unknown;
                        };
                        /** @description Version of its type's schema that the payload was checked against */
                        typeVersion?: number;
                        /** @description Topic of the Kafka message it came from; absent when it came by HTTP */
                        src_topic?: string;
                        /** @description Partition of that topic */
                        src_partition?: number;
                        /** @description Offset in that partition */
                        src_offset?: number;
                        /** @description Set when it was stored by a replay with a patch */
                        patched?: {
                            replayId: string;
                            by: string;
                            /** @description Id of the dead letter that holds what was sent */
                            from: string;
                        };
                        /**
                         * @description What it was written in; absent: json
                         * @enum {string}
                         */
                        format?: "json" | "xml" | "cloudevent" | "bytes";
                        /** @description What is not JSON, exactly as it was sent */
                        raw?: string;
                        /** @description Id of the dead letter, when status is dead */
                        deadLetter?: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminDlq: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description One, or several: reasonCode=A&reasonCode=B */
                reasonCode?: ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT") | ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT")[];
                /** @description One cause, as listed by /v1/admin/dlq/reasons */
                fingerprint?: string;
                type?: string;
                source?: string;
                status?: "open" | "replaying" | "resolved" | "discarded" | "superseded";
                /** @description Died last at or after */
                from?: string;
                /** @description Died last before */
                to?: string;
                /** @description Text that the item as it was sent contains, in upper or lower case */
                q?: string;
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            tenantId: string;
                            eventId: string;
                            eventType?: string;
                            userId?: string;
                            source?: string;
                            /** @enum {string} */
                            status: "open" | "replaying" | "resolved" | "discarded" | "superseded";
                            /** @enum {string} */
                            reasonCode: "UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT";
                            message: string;
                            fingerprint: string;
                            attempts: number;
                            /** @description RFC 3339, UTC */
                            receivedAt: string;
                            /** @description First failure as a dead letter */
                            failedAt: string;
                            /** @description RFC 3339, UTC */
                            lastFailedAt: string;
                            correlationId?: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminDlqReasons: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                status?: "open" | "replaying" | "resolved" | "discarded" | "superseded";
                /** @description Most items */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The most frequent causes, at most 500 */
                        items: {
                            /** @enum {string} */
                            reasonCode: "UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT";
                            eventType?: string;
                            fingerprint: string;
                            count: number;
                            /** @description RFC 3339, UTC */
                            firstSeen: string;
                            /** @description RFC 3339, UTC */
                            lastSeen: string;
                            sampleId: string;
                            message: string;
                            /** @description Open ones that died in each two hours of the last 24, the oldest first */
                            trend: number[];
                        }[];
                        /** @description Letters of all causes that are not in items */
                        others: number;
                        /** @description Of when the counts are: with hundreds of thousands of letters some seconds ago */
                        asOf: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminDlqCounts: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description RFC 3339, UTC; with hundreds of thousands of letters some seconds ago */
                        asOf: string;
                        total: number;
                        byStatus: {
                            open: number;
                            replaying: number;
                            resolved: number;
                            discarded: number;
                            superseded: number;
                        };
                        /** @description Open ones */
                        byReason: {
                            UNKNOWN_TYPE: number;
                            SCHEMA_INVALID: number;
                            IDENTITY_CONFLICT: number;
                            UNPROCESSABLE: number;
                            RETRY_EXHAUSTED: number;
                            INVALID_EVENT: number;
                        };
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminDlqById: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        eventId: string;
                        eventType?: string;
                        userId?: string;
                        source?: string;
                        /** @enum {string} */
                        status: "open" | "replaying" | "resolved" | "discarded" | "superseded";
                        /** @enum {string} */
                        reasonCode: "UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT";
                        message: string;
                        fingerprint: string;
                        attempts: number;
                        /** @description RFC 3339, UTC */
                        receivedAt: string;
                        /** @description First failure as a dead letter */
                        failedAt: string;
                        /** @description RFC 3339, UTC */
                        lastFailedAt: string;
                        correlationId?: string;
                        /** @description Where its event stands in its trace (W3C) */
                        traceparent?: string;
                        /** @description The item exactly as it was sent; what is no text (format bytes) in base64 */
                        raw: string;
                        /**
                         * @description How raw is to be read; absent: json
                         * @enum {string}
                         */
                        format?: "json" | "xml" | "cloudevent" | "bytes";
                        /** @description Of what is not JSON: the JSON that was read from it, which a patch applies to */
                        json?: string;
                        /** @description Where Kafka has the message: topic/partition/offset */
                        origin?: string;
                        /** @description Attempts that failed, of every acceptance of this identity, oldest first */
                        attemptsMade: {
                            attempt: number;
                            status: string;
                            reasonCode: string;
                            errorMessage: string;
                            durationMs: number;
                            worker?: string;
                            /** @description RFC 3339, UTC */
                            at: string;
                        }[];
                        /** @description Where the payload does not fit the schema of its type, as JSON Pointers; SCHEMA_INVALID only */
                        failures?: {
                            pointer: string;
                            detail: string;
                        }[];
                        /** @description The last replay that took it, and what came of it */
                        replay?: {
                            id: string;
                            outcome?: string;
                            /** @description RFC 3339, UTC */
                            at: string;
                        };
                        discardReason?: string;
                        history: {
                            /** @description RFC 3339, UTC */
                            at: string;
                            who: string;
                            what: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminDlqDiscard: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId?: string;
                    ids?: string[];
                    reasonCode?: ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT") | ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT")[];
                    /** @description One cause, as listed by /v1/admin/dlq/reasons */
                    fingerprint?: string;
                    type?: string;
                    source?: string;
                    /**
                     * Format: date-time
                     * @description Died last at or after
                     */
                    from?: string;
                    /**
                     * Format: date-time
                     * @description Died last before
                     */
                    to?: string;
                    /** @description Text that the item as it was sent contains, in upper or lower case */
                    q?: string;
                    /**
                     * @description Needed when nothing but the tenant is named
                     * @enum {boolean}
                     */
                    all?: true;
                    /** @description Most letters that are taken */
                    limit?: number;
                    /**
                     * @description Only open letters can be discarded
                     * @enum {string}
                     */
                    status?: "open";
                    /** @description Why; kept with each letter and in the audit log */
                    reason: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        discarded: number;
                        /** @description Time was up and there are more: send the same request again */
                        more: boolean;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminRetries: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Most items */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        count: number;
                        /** @description false: there are too many to look at each; count is how many of this tenant were seen */
                        exact: boolean;
                        nextDueAt: string | null;
                        oldestReceivedAt: string | null;
                        /** @description Those that are due next */
                        items: {
                            eventId: string;
                            /** @description UUIDv8 of the event */
                            id: string;
                            tenantId: string;
                            /** @description Attempts so far that failed for the event's own sake; outages count none */
                            attempt: number;
                            /** @description RFC 3339, UTC */
                            dueAt: string;
                            /** @description RFC 3339, UTC */
                            receivedAt: string;
                            /** @description Of the last failure; null when none was kept (an outage that hit many) */
                            message: string | null;
                            reasonCode: string | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminAudit: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Like key.revoke or dead-letters.discard */
                action?: string;
                /** @description Id or name of who did it */
                actor?: string;
                targetId?: string;
                /** @description RFC 3339, with a zone */
                from?: string;
                /** @description RFC 3339, with a zone */
                to?: string;
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @description RFC 3339, UTC */
                            at: string;
                            actor: {
                                /** @description user, key, admin-token or system */
                                kind: string;
                                id: string;
                                name: string;
                            };
                            /** @description <what>.<verb>, like key.revoke */
                            action: string;
                            targetId: string;
                            tenantId: string | null;
                            before: unknown | null;
                            after: unknown | null;
                            correlationId: string | null;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminJobs: {
        parameters: {
            query?: {
                kind?: "replay" | "export" | "retention" | "erasure";
                /** @description Tenant id */
                tenantId?: string;
                status?: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @enum {string} */
                            kind: "replay" | "export" | "retention" | "erasure";
                            /** @description null: all tenants */
                            tenantId: string | null;
                            /** @enum {string} */
                            status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                            /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                            message: string | null;
                            /** @description What was asked for, in the words of its kind */
                            spec: {
                                [key: string]: unknown;
                            };
                            progress: {
                                processed: number;
                                /** @description How many there were when it was made; null: not known beforehand */
                                selected: number | null;
                                /** @description Most a second; null: only live traffic slows it */
                                ratePerSecond: number | null;
                            };
                            /** @description How many of each */
                            outcome: {
                                [key: string]: number;
                            };
                            /** @description What else it found, in the words of its kind */
                            report: {
                                [key: string]: unknown;
                            };
                            createdBy: {
                                kind: string;
                                id: string;
                                name: string;
                            };
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            startedAt: string | null;
                            finishedAt: string | null;
                            /** @description RFC 3339, UTC */
                            updatedAt: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminJobsById: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        kind: "replay" | "export" | "retention" | "erasure";
                        /** @description null: all tenants */
                        tenantId: string | null;
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        /** @description What was asked for, in the words of its kind */
                        spec: {
                            [key: string]: unknown;
                        };
                        progress: {
                            processed: number;
                            /** @description How many there were when it was made; null: not known beforehand */
                            selected: number | null;
                            /** @description Most a second; null: only live traffic slows it */
                            ratePerSecond: number | null;
                        };
                        /** @description How many of each */
                        outcome: {
                            [key: string]: number;
                        };
                        /** @description What else it found, in the words of its kind */
                        report: {
                            [key: string]: unknown;
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminJobsByIdPause: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        kind: "replay" | "export" | "retention" | "erasure";
                        /** @description null: all tenants */
                        tenantId: string | null;
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        /** @description What was asked for, in the words of its kind */
                        spec: {
                            [key: string]: unknown;
                        };
                        progress: {
                            processed: number;
                            /** @description How many there were when it was made; null: not known beforehand */
                            selected: number | null;
                            /** @description Most a second; null: only live traffic slows it */
                            ratePerSecond: number | null;
                        };
                        /** @description How many of each */
                        outcome: {
                            [key: string]: number;
                        };
                        /** @description What else it found, in the words of its kind */
                        report: {
                            [key: string]: unknown;
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the state of the job does not allow it */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminJobsByIdResume: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        kind: "replay" | "export" | "retention" | "erasure";
                        /** @description null: all tenants */
                        tenantId: string | null;
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        /** @description What was asked for, in the words of its kind */
                        spec: {
                            [key: string]: unknown;
                        };
                        progress: {
                            processed: number;
                            /** @description How many there were when it was made; null: not known beforehand */
                            selected: number | null;
                            /** @description Most a second; null: only live traffic slows it */
                            ratePerSecond: number | null;
                        };
                        /** @description How many of each */
                        outcome: {
                            [key: string]: number;
                        };
                        /** @description What else it found, in the words of its kind */
                        report: {
                            [key: string]: unknown;
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the state of the job does not allow it */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminJobsByIdCancel: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        kind: "replay" | "export" | "retention" | "erasure";
                        /** @description null: all tenants */
                        tenantId: string | null;
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        /** @description What was asked for, in the words of its kind */
                        spec: {
                            [key: string]: unknown;
                        };
                        progress: {
                            processed: number;
                            /** @description How many there were when it was made; null: not known beforehand */
                            selected: number | null;
                            /** @description Most a second; null: only live traffic slows it */
                            ratePerSecond: number | null;
                        };
                        /** @description How many of each */
                        outcome: {
                            [key: string]: number;
                        };
                        /** @description What else it found, in the words of its kind */
                        report: {
                            [key: string]: unknown;
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the state of the job does not allow it */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminErasures: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId?: string;
                    /** @description As events are stored under it: where an event names no user, that is its partitionKey, else its subject, else its eventId */
                    userId: string;
                    /** @description Kept in the audit log; it must not name the user */
                    reason: string;
                    /**
                     * @description Refuse events of this user from now on, with 422 `user-blocked`
                     * @default false
                     */
                    block?: boolean;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        jobId: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminErasuresSearch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId?: string;
                    /** @description As events are stored under it: where an event names no user, that is its partitionKey, else its subject, else its eventId */
                    userId: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The digest by which jobs and the audit log name this user */
                        user: string;
                        blocked: boolean;
                        /** @description Its erasures, newest first; at most 100 */
                        items: {
                            id: string;
                            /** @enum {string} */
                            kind: "replay" | "export" | "retention" | "erasure";
                            /** @description null: all tenants */
                            tenantId: string | null;
                            /** @enum {string} */
                            status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                            /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                            message: string | null;
                            /** @description What was asked for, in the words of its kind */
                            spec: {
                                [key: string]: unknown;
                            };
                            progress: {
                                processed: number;
                                /** @description How many there were when it was made; null: not known beforehand */
                                selected: number | null;
                                /** @description Most a second; null: only live traffic slows it */
                                ratePerSecond: number | null;
                            };
                            /** @description How many of each */
                            outcome: {
                                [key: string]: number;
                            };
                            /** @description What else it found, in the words of its kind */
                            report: {
                                [key: string]: unknown;
                            };
                            createdBy: {
                                kind: string;
                                id: string;
                                name: string;
                            };
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            startedAt: string | null;
                            finishedAt: string | null;
                            /** @description RFC 3339, UTC */
                            updatedAt: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminErasuresUnblock: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId?: string;
                    /** @description As events are stored under it: where an event names no user, that is its partitionKey, else its subject, else its eventId */
                    userId: string;
                    /** @description Kept in the audit log; it must not name the user */
                    reason: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description How many erasures had blocked the user; 0: none */
                        unblocked: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminExports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId?: string;
                    /** @description Events of this type only */
                    type?: string;
                    /**
                     * Format: date-time
                     * @description Occurred at or after
                     */
                    from: string;
                    /**
                     * Format: date-time
                     * @description Occurred before
                     */
                    to: string;
                    /**
                     * @description local: the folder EXPORT_DIR of the server; s3: the bucket EXPORT_S3_BUCKET. Absent: the one that is configured, of both the folder
                     * @enum {string}
                     */
                    target?: "local" | "s3";
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        jobId: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminRetentionRun: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Only of this tenant; absent: of all */
                    tenantId?: string;
                    /**
                     * @description Counts what would go, by tenant and type, and removes nothing
                     * @default false
                     */
                    dryRun?: boolean;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        jobId: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminDlqRetry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId?: string;
                    ids?: string[];
                    reasonCode?: ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT") | ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT")[];
                    /** @description One cause, as listed by /v1/admin/dlq/reasons */
                    fingerprint?: string;
                    type?: string;
                    source?: string;
                    /** @enum {string} */
                    status?: "open" | "replaying" | "resolved" | "discarded" | "superseded";
                    /**
                     * Format: date-time
                     * @description Died last at or after
                     */
                    from?: string;
                    /**
                     * Format: date-time
                     * @description Died last before
                     */
                    to?: string;
                    /** @description Text that the item as it was sent contains, in upper or lower case */
                    q?: string;
                    /**
                     * @description Needed when nothing but the tenant is named
                     * @enum {boolean}
                     */
                    all?: true;
                    /** @description Most letters that are taken */
                    limit?: number;
                    /** @description RFC 6902, applied to each event as it was sent; must not touch eventId or the field that userId came from */
                    patch?: ({
                        /** @enum {string} */
                        op: "add";
                        path: string;
                        value: unknown;
                    } | {
                        /** @enum {string} */
                        op: "replace";
                        path: string;
                        value: unknown;
                    } | {
                        /** @enum {string} */
                        op: "test";
                        path: string;
                        value: unknown;
                    } | {
                        /** @enum {string} */
                        op: "remove";
                        path: string;
                    } | {
                        /** @enum {string} */
                        op: "move";
                        path: string;
                        from: string;
                    } | {
                        /** @enum {string} */
                        op: "copy";
                        path: string;
                        from: string;
                    })[];
                    /** @description Most a second; REPLAY_RATE_PER_SECOND when absent */
                    ratePerSecond?: number;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        replayId: string;
                        /** @description How many matched; what dies later is not taken */
                        selected: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminReplay: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                status?: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            tenantId: string;
                            /** @enum {string} */
                            source: "DLQ" | "STORED";
                            /** @enum {string} */
                            mode: "reprocess" | "dry-run";
                            /** @enum {string} */
                            status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                            /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                            message: string | null;
                            selector: {
                                [key: string]: unknown;
                            };
                            patch: unknown[] | null;
                            ratePerSecond: number;
                            limit: number | null;
                            selected: number;
                            processed: number;
                            outcomes: {
                                [key: string]: number;
                            };
                            report: {
                                /** @description The first 20, of a dry run over dead letters */
                                diffs?: {
                                    letterId: string;
                                    eventId: string;
                                    /** @description JSON text as it was sent; cut off after 8,192 characters */
                                    before: string;
                                    /** @description JSON text with the patch applied; the same as before without a patch */
                                    after: string;
                                    /** @enum {string} */
                                    would: "stored" | "failed" | "superseded" | "already-stored" | "skipped";
                                    code?: string;
                                    message?: string;
                                }[];
                                /** @description The first 20 */
                                failures?: {
                                    /** @description Of the dead letter, or of the stored event */
                                    id: string;
                                    eventId: string;
                                    code: string;
                                    message: string;
                                }[];
                                /** @description How many failed, by code */
                                codes?: {
                                    [key: string]: number;
                                };
                            };
                            createdBy: {
                                kind: string;
                                id: string;
                                name: string;
                            };
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            startedAt: string | null;
                            finishedAt: string | null;
                            /** @description RFC 3339, UTC */
                            updatedAt: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminReplay: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId?: string;
                    ids?: string[];
                    reasonCode?: ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT") | ("UNKNOWN_TYPE" | "SCHEMA_INVALID" | "IDENTITY_CONFLICT" | "UNPROCESSABLE" | "RETRY_EXHAUSTED" | "INVALID_EVENT")[];
                    /** @description One cause, as listed by /v1/admin/dlq/reasons */
                    fingerprint?: string;
                    type?: string;
                    source?: string;
                    /**
                     * Format: date-time
                     * @description Died last at or after
                     */
                    from?: string;
                    /**
                     * Format: date-time
                     * @description Died last before
                     */
                    to?: string;
                    /** @description Text that the item as it was sent contains, in upper or lower case */
                    q?: string;
                    /**
                     * @description Needed when nothing but the tenant is named
                     * @enum {boolean}
                     */
                    all?: true;
                    /** @description Most letters that are taken */
                    limit?: number;
                    /**
                     * @description DLQ: dead letters that are open. STORED: events that are stored (from and to are then of occurredAt)
                     * @enum {string}
                     */
                    status: "DLQ" | "STORED";
                    /**
                     * @default reprocess
                     * @enum {string}
                     */
                    mode?: "reprocess" | "dry-run";
                    /** @description Most a second; REPLAY_RATE_PER_SECOND when absent */
                    ratePerSecond?: number;
                    /** @description RFC 6902, applied to each event as it was sent; must not touch eventId or the field that userId came from */
                    patch?: ({
                        /** @enum {string} */
                        op: "add";
                        path: string;
                        value: unknown;
                    } | {
                        /** @enum {string} */
                        op: "replace";
                        path: string;
                        value: unknown;
                    } | {
                        /** @enum {string} */
                        op: "test";
                        path: string;
                        value: unknown;
                    } | {
                        /** @enum {string} */
                        op: "remove";
                        path: string;
                    } | {
                        /** @enum {string} */
                        op: "move";
                        path: string;
                        from: string;
                    } | {
                        /** @enum {string} */
                        op: "copy";
                        path: string;
                        from: string;
                    })[];
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        replayId: string;
                        /** @description How many matched; what dies later is not taken */
                        selected: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminReplayById: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        /** @enum {string} */
                        source: "DLQ" | "STORED";
                        /** @enum {string} */
                        mode: "reprocess" | "dry-run";
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        selector: {
                            [key: string]: unknown;
                        };
                        patch: unknown[] | null;
                        ratePerSecond: number;
                        limit: number | null;
                        selected: number;
                        processed: number;
                        outcomes: {
                            [key: string]: number;
                        };
                        report: {
                            /** @description The first 20, of a dry run over dead letters */
                            diffs?: {
                                letterId: string;
                                eventId: string;
                                /** @description JSON text as it was sent; cut off after 8,192 characters */
                                before: string;
                                /** @description JSON text with the patch applied; the same as before without a patch */
                                after: string;
                                /** @enum {string} */
                                would: "stored" | "failed" | "superseded" | "already-stored" | "skipped";
                                code?: string;
                                message?: string;
                            }[];
                            /** @description The first 20 */
                            failures?: {
                                /** @description Of the dead letter, or of the stored event */
                                id: string;
                                eventId: string;
                                code: string;
                                message: string;
                            }[];
                            /** @description How many failed, by code */
                            codes?: {
                                [key: string]: number;
                            };
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminReplayByIdPause: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        /** @enum {string} */
                        source: "DLQ" | "STORED";
                        /** @enum {string} */
                        mode: "reprocess" | "dry-run";
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        selector: {
                            [key: string]: unknown;
                        };
                        patch: unknown[] | null;
                        ratePerSecond: number;
                        limit: number | null;
                        selected: number;
                        processed: number;
                        outcomes: {
                            [key: string]: number;
                        };
                        report: {
                            /** @description The first 20, of a dry run over dead letters */
                            diffs?: {
                                letterId: string;
                                eventId: string;
                                /** @description JSON text as it was sent; cut off after 8,192 characters */
                                before: string;
                                /** @description JSON text with the patch applied; the same as before without a patch */
                                after: string;
                                /** @enum {string} */
                                would: "stored" | "failed" | "superseded" | "already-stored" | "skipped";
                                code?: string;
                                message?: string;
                            }[];
                            /** @description The first 20 */
                            failures?: {
                                /** @description Of the dead letter, or of the stored event */
                                id: string;
                                eventId: string;
                                code: string;
                                message: string;
                            }[];
                            /** @description How many failed, by code */
                            codes?: {
                                [key: string]: number;
                            };
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the state of the replay does not allow it */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminReplayByIdResume: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        /** @enum {string} */
                        source: "DLQ" | "STORED";
                        /** @enum {string} */
                        mode: "reprocess" | "dry-run";
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        selector: {
                            [key: string]: unknown;
                        };
                        patch: unknown[] | null;
                        ratePerSecond: number;
                        limit: number | null;
                        selected: number;
                        processed: number;
                        outcomes: {
                            [key: string]: number;
                        };
                        report: {
                            /** @description The first 20, of a dry run over dead letters */
                            diffs?: {
                                letterId: string;
                                eventId: string;
                                /** @description JSON text as it was sent; cut off after 8,192 characters */
                                before: string;
                                /** @description JSON text with the patch applied; the same as before without a patch */
                                after: string;
                                /** @enum {string} */
                                would: "stored" | "failed" | "superseded" | "already-stored" | "skipped";
                                code?: string;
                                message?: string;
                            }[];
                            /** @description The first 20 */
                            failures?: {
                                /** @description Of the dead letter, or of the stored event */
                                id: string;
                                eventId: string;
                                code: string;
                                message: string;
                            }[];
                            /** @description How many failed, by code */
                            codes?: {
                                [key: string]: number;
                            };
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the state of the replay does not allow it */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminReplayByIdCancel: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        /** @enum {string} */
                        source: "DLQ" | "STORED";
                        /** @enum {string} */
                        mode: "reprocess" | "dry-run";
                        /** @enum {string} */
                        status: "pending" | "running" | "paused" | "stopped" | "cancelled" | "completed" | "failed";
                        /** @description Why it stopped or failed and what to do, or what else is worth knowing */
                        message: string | null;
                        selector: {
                            [key: string]: unknown;
                        };
                        patch: unknown[] | null;
                        ratePerSecond: number;
                        limit: number | null;
                        selected: number;
                        processed: number;
                        outcomes: {
                            [key: string]: number;
                        };
                        report: {
                            /** @description The first 20, of a dry run over dead letters */
                            diffs?: {
                                letterId: string;
                                eventId: string;
                                /** @description JSON text as it was sent; cut off after 8,192 characters */
                                before: string;
                                /** @description JSON text with the patch applied; the same as before without a patch */
                                after: string;
                                /** @enum {string} */
                                would: "stored" | "failed" | "superseded" | "already-stored" | "skipped";
                                code?: string;
                                message?: string;
                            }[];
                            /** @description The first 20 */
                            failures?: {
                                /** @description Of the dead letter, or of the stored event */
                                id: string;
                                eventId: string;
                                code: string;
                                message: string;
                            }[];
                            /** @description How many failed, by code */
                            codes?: {
                                [key: string]: number;
                            };
                        };
                        createdBy: {
                            kind: string;
                            id: string;
                            name: string;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        startedAt: string | null;
                        finishedAt: string | null;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the state of the replay does not allow it */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminLedger: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Its minute is the first; an hour ago by default */
                from?: string;
                /** @description Exclusive; now by default */
                to?: string;
                /** @description missing: items are minutes with something missing; total covers the whole range all the same */
                only?: "missing";
                /** @description Most items; total covers the whole range all the same */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The newest `limit`, newest first */
                        items: {
                            /** @description RFC 3339, UTC */
                            minute: string;
                            tenantId: string;
                            accepted: number;
                            stored: number;
                            duplicate: number;
                            dead: number;
                            inFlight: number;
                            missing: number;
                            /** @description How many of the missing an operator has acknowledged */
                            acknowledged: number;
                            /** @description How many of its stored events retention has removed since; they stay counted as stored */
                            expired: number;
                            /** @description How many of its stored events an erasure has removed since; they stay counted as stored */
                            erased: number;
                            closed: boolean;
                        }[];
                        /** @description The range has older ones than these; total counts them all the same */
                        truncated: boolean;
                        /** @description Of the whole range */
                        total: {
                            accepted: number;
                            stored: number;
                            duplicate: number;
                            dead: number;
                            inFlight: number;
                            missing: number;
                            /** @description How many of the missing an operator has acknowledged */
                            acknowledged: number;
                            /** @description How many of its stored events retention has removed since; they stay counted as stored */
                            expired: number;
                            /** @description How many of its stored events an erasure has removed since; they stay counted as stored */
                            erased: number;
                        };
                        /** @description First minute of the range with a missing event, acknowledged or not; null when none is missing */
                        missingSince: string | null;
                        /** @description Accepted in this range, of all tenants, and shown by no minute, because Redis lost the rows; null for keys of a tenant */
                        unaccounted: number | null;
                        deadNow: {
                            open: number;
                            replaying: number;
                            resolved: number;
                            discarded: number;
                            superseded: number;
                        };
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminLedgerAlarms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Newest first; alarms are kept for ever */
                        items: {
                            id: string;
                            /**
                             * @description redis-empty: Redis forgot everything. redis-older: it came back with an older state. redis-other: it holds another data set. events-missing: closed minutes do not add up
                             * @enum {string}
                             */
                            kind: "redis-empty" | "redis-older" | "redis-other" | "events-missing";
                            /** @description What happened, with the bound of what is lost */
                            sentence: string;
                            /** @description Most accepted events that can be lost */
                            upTo: number;
                            /** @description RFC 3339, UTC */
                            noticedAt: string;
                            /** @description What was accepted before is not concerned */
                            from: string;
                            /** @description What was accepted from then on is not concerned */
                            to: string;
                            /** @description What to do about it */
                            action: string;
                            bound: {
                                /** @description Accepted by the last sample, not settled then, and not known to Redis any more */
                                known: number;
                                /** @description Accepted between the last sample and the loss */
                                since: number;
                                /**
                                 * @description counted: by the API processes that lived through it; estimated: from the rate before, nobody was there; none: not a loss of Redis
                                 * @enum {string}
                                 */
                                sinceBasis: "counted" | "estimated" | "none";
                                /** @description API processes that counted */
                                countedBy: number;
                                /** @description What was settled by then is in MongoDB */
                                lastSampleAt: string | null;
                            };
                            /** @description Accepted events that no minute of the ledger shows, because their rows were lost with Redis */
                            unaccounted: number;
                            noticedBy: string;
                            acknowledged: {
                                /** @description RFC 3339, UTC */
                                at: string;
                                by: string;
                                note: string;
                            } | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminLedgerAlarmsByIdAcknowledge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description What was found out and done */
                    note: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /**
                         * @description redis-empty: Redis forgot everything. redis-older: it came back with an older state. redis-other: it holds another data set. events-missing: closed minutes do not add up
                         * @enum {string}
                         */
                        kind: "redis-empty" | "redis-older" | "redis-other" | "events-missing";
                        /** @description What happened, with the bound of what is lost */
                        sentence: string;
                        /** @description Most accepted events that can be lost */
                        upTo: number;
                        /** @description RFC 3339, UTC */
                        noticedAt: string;
                        /** @description What was accepted before is not concerned */
                        from: string;
                        /** @description What was accepted from then on is not concerned */
                        to: string;
                        /** @description What to do about it */
                        action: string;
                        bound: {
                            /** @description Accepted by the last sample, not settled then, and not known to Redis any more */
                            known: number;
                            /** @description Accepted between the last sample and the loss */
                            since: number;
                            /**
                             * @description counted: by the API processes that lived through it; estimated: from the rate before, nobody was there; none: not a loss of Redis
                             * @enum {string}
                             */
                            sinceBasis: "counted" | "estimated" | "none";
                            /** @description API processes that counted */
                            countedBy: number;
                            /** @description What was settled by then is in MongoDB */
                            lastSampleAt: string | null;
                        };
                        /** @description Accepted events that no minute of the ledger shows, because their rows were lost with Redis */
                        unaccounted: number;
                        noticedBy: string;
                        acknowledged: {
                            /** @description RFC 3339, UTC */
                            at: string;
                            by: string;
                            note: string;
                        } | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminLedgerChecks: {
        parameters: {
            query?: {
                /** @description Most items */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Newest first */
                        items: {
                            id: string;
                            /** @enum {string} */
                            status: "running" | "agrees" | "differs" | "failed";
                            /** @description RFC 3339, UTC */
                            startedAt: string;
                            finishedAt: string | null;
                            startedBy: string;
                            /** @description First day that was compared; null when there was none */
                            from: string | null;
                            /** @description All that was accepted before was compared; null when no minute is closed */
                            to: string | null;
                            tenants: number;
                            /** @description Days of tenants that were compared */
                            days: number;
                            documents: number;
                            stored: number;
                            resolved: number;
                            removed: number;
                            tookMs: number;
                            /** @description The first 100 */
                            differences: {
                                tenantId: string;
                                /** @description YYYY-MM-DD (UTC); `all` for the tenant's sum */
                                day: string;
                                /** @description In the collection events, by receivedAt */
                                documents: number;
                                /** @description By the ledger */
                                stored: number;
                                /** @description Dead letters whose event was stored by a replay */
                                resolved: number;
                                /** @description Stored events that retention or an erasure has removed */
                                removed: number;
                                /** @description documents + removed − stored − resolved, beyond what the edges of the day explain */
                                difference: number;
                                /** @description The acknowledged alarm that announced it */
                                explainedBy: string | null;
                            }[];
                            sentence: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminLedgerVerify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        status: "running" | "agrees" | "differs" | "failed";
                        /** @description RFC 3339, UTC */
                        startedAt: string;
                        finishedAt: string | null;
                        startedBy: string;
                        /** @description First day that was compared; null when there was none */
                        from: string | null;
                        /** @description All that was accepted before was compared; null when no minute is closed */
                        to: string | null;
                        tenants: number;
                        /** @description Days of tenants that were compared */
                        days: number;
                        documents: number;
                        stored: number;
                        resolved: number;
                        removed: number;
                        tookMs: number;
                        /** @description The first 100 */
                        differences: {
                            tenantId: string;
                            /** @description YYYY-MM-DD (UTC); `all` for the tenant's sum */
                            day: string;
                            /** @description In the collection events, by receivedAt */
                            documents: number;
                            /** @description By the ledger */
                            stored: number;
                            /** @description Dead letters whose event was stored by a replay */
                            resolved: number;
                            /** @description Stored events that retention or an erasure has removed */
                            removed: number;
                            /** @description documents + removed − stored − resolved, beyond what the edges of the day explain */
                            difference: number;
                            /** @description The acknowledged alarm that announced it */
                            explainedBy: string | null;
                        }[];
                        sentence: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Stats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description RFC 3339, UTC */
                        at: string;
                        /** @description Events a second over the last 2 s */
                        eps: {
                            accepted: number;
                            stored: number;
                            dead: number;
                            duplicates: number;
                        };
                        /** @description Events since the epoch */
                        totals: {
                            accepted: number;
                            stored: number;
                            dead: number;
                            duplicates: number;
                        };
                        backlog: {
                            events: number;
                            oldestAgeSeconds: number | null;
                            /** @description null when the backlog is not shrinking */
                            drainEtaSeconds: number | null;
                            retrying: number;
                        };
                        deadLetters: {
                            open: number;
                        };
                        ledger: {
                            /** @description Accepted in closed minutes, yet neither stored, duplicate nor dead, and not acknowledged */
                            missing: number;
                            /** @description The same, acknowledged by an operator: lost, and known to be */
                            acknowledged: number;
                            /** @description Not acknowledged, newest first; while there is one, nothing is called complete */
                            alarms: {
                                id: string;
                                /**
                                 * @description redis-empty: Redis forgot everything. redis-older: it came back with an older state. redis-other: it holds another data set. events-missing: closed minutes do not add up
                                 * @enum {string}
                                 */
                                kind: "redis-empty" | "redis-older" | "redis-other" | "events-missing";
                                /** @description What happened, with the bound of what is lost */
                                sentence: string;
                                /** @description Most accepted events that can be lost */
                                upTo: number;
                                /** @description RFC 3339, UTC */
                                noticedAt: string;
                            }[];
                            /** @enum {string} */
                            verdict: "complete" | "in-flight" | "missing" | "unknown";
                            sentence: string;
                        };
                        workers: {
                            name: string;
                            host: string;
                            pid: number;
                            /** @description RFC 3339, UTC */
                            startedAt: string;
                            /** @description RFC 3339, UTC */
                            lastSeenAt: string;
                            /** @description Seen within the last 5 s */
                            alive: boolean;
                            storedPerSecond: number;
                            /** @description Events read and not yet settled */
                            inHand: number;
                            /** @enum {string} */
                            circuit: "closed" | "open" | "half-open";
                            rssBytes: number;
                        }[];
                        /** @description Processes that read events from elsewhere than HTTP */
                        sources: {
                            name: string;
                            /** @enum {string} */
                            kind: "kafka";
                            host: string;
                            pid: number;
                            /** @description RFC 3339, UTC */
                            startedAt: string;
                            /** @description RFC 3339, UTC */
                            lastSeenAt: string;
                            /** @description Seen within the last 5 s */
                            alive: boolean;
                            /** @description It has joined its group, and the brokers answer */
                            ready: boolean;
                            messagesPerSecond: number;
                            rssBytes: number;
                            topics: {
                                topic: string;
                                tenantId: string;
                                /** @description How many of its partitions this process reads */
                                partitions: number;
                                /** @description Messages that are there and not yet durable here */
                                lagMessages: number;
                                /** @description Age of the oldest of them */
                                lagSeconds: number;
                                /** @description Partitions that wait for the backlog or their tenant's rate */
                                paused: number;
                                /** @description Code of what the first of them waits for, as HTTP would answer it */
                                pausedFor: string | null;
                            }[];
                        }[];
                        partitions: {
                            partition: number;
                            backlogEvents: number;
                            entries: number;
                            retrying: number;
                            oldestAgeSeconds: number | null;
                            accepted: number;
                            settled: number;
                        }[];
                        latencyMs: {
                            acceptP50: number | null;
                            acceptP99: number | null;
                            storeP50: number | null;
                            storeP99: number | null;
                        };
                        storage: {
                            redis: {
                                ok: boolean;
                                usedMemoryBytes: number;
                                /** @description 0 is unlimited */
                                maxMemoryBytes: number;
                                version: string;
                            };
                            mongodb: {
                                ok: boolean;
                                version: string;
                            };
                            postgres: {
                                ok: boolean;
                            };
                        };
                        warnings: {
                            code: string;
                            /** @enum {string} */
                            severity: "warning" | "critical";
                            /** @description What is wrong, in words */
                            message: string;
                            /** @description What to do about it */
                            action: string;
                            /** @description RFC 3339, UTC */
                            since?: string;
                            /** @description When it held last; unset while it holds. A warning by a figure that goes up and down is shown until it has not held for 60 s */
                            easedAt?: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatsLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One message a second */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatsHistory: {
        parameters: {
            query?: {
                /** @description Per second up to 10, per 10 seconds up to 60, per minute up to a day, then per 2, 5 or 10 minutes */
                minutes?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        stepSeconds: number;
                        /** @description Events a second; oldest first */
                        points: {
                            accepted: number;
                            stored: number;
                            dead: number;
                            duplicates: number;
                            /** @description RFC 3339, UTC */
                            at: string;
                            backlog: number;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminKeys: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description replaced: a successor exists, and this one works until expiresAt */
                state?: "active" | "replaced" | "expired" | "revoked";
                /** @description Part of a name, or an id */
                q?: string;
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Newest first */
                        items: {
                            id: string;
                            tenantId: string;
                            name: string;
                            scopes: ("events:write" | "events:read" | "dead-letters:read" | "dead-letters:write" | "admin")[];
                            /** @enum {string} */
                            environment: "live" | "test";
                            defaultType: string | null;
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            expiresAt: string | null;
                            revokedAt: string | null;
                            lastUsedAt: string | null;
                            /**
                             * @description replaced: a successor exists, and this one works until expiresAt
                             * @enum {string}
                             */
                            state: "active" | "replaced" | "expired" | "revoked";
                            /** @description The key that this one took over from */
                            replacesId: string | null;
                            replacedById: string | null;
                            /** @description Of a key that has a successor. Times of use are true to about a minute */
                            rotation: {
                                /** @description RFC 3339, UTC */
                                rotatedAt: string;
                                /** @description When this key stops working */
                                overlapEndsAt: string | null;
                                successorLastUsedAt: string | null;
                                /** @description Used since its successor exists: some producer has not changed over yet */
                                stillUsed: boolean;
                            } | null;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId: string;
                    name: string;
                    /**
                     * @default [
                     *       "events:write"
                     *     ]
                     */
                    scopes?: ("events:write" | "events:read" | "dead-letters:read" | "dead-letters:write" | "admin")[];
                    /**
                     * @default live
                     * @enum {string}
                     */
                    environment?: "live" | "test";
                    /**
                     * Format: date-time
                     * @description RFC 3339, with a zone
                     */
                    expiresAt?: string;
                    /** @description eventType of events that name none */
                    defaultType?: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        name: string;
                        scopes: ("events:write" | "events:read" | "dead-letters:read" | "dead-letters:write" | "admin")[];
                        /** @enum {string} */
                        environment: "live" | "test";
                        defaultType: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        expiresAt: string | null;
                        revokedAt: string | null;
                        lastUsedAt: string | null;
                        /** @description Shown this once */
                        key: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminKeysById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        name: string;
                        scopes: ("events:write" | "events:read" | "dead-letters:read" | "dead-letters:write" | "admin")[];
                        /** @enum {string} */
                        environment: "live" | "test";
                        defaultType: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        expiresAt: string | null;
                        revokedAt: string | null;
                        lastUsedAt: string | null;
                        /**
                         * @description replaced: a successor exists, and this one works until expiresAt
                         * @enum {string}
                         */
                        state: "active" | "replaced" | "expired" | "revoked";
                        /** @description The key that this one took over from */
                        replacesId: string | null;
                        replacedById: string | null;
                        /** @description Of a key that has a successor. Times of use are true to about a minute */
                        rotation: {
                            /** @description RFC 3339, UTC */
                            rotatedAt: string;
                            /** @description When this key stops working */
                            overlapEndsAt: string | null;
                            successorLastUsedAt: string | null;
                            /** @description Used since its successor exists: some producer has not changed over yet */
                            stillUsed: boolean;
                        } | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1AdminKeysById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        name: string;
                        scopes: ("events:write" | "events:read" | "dead-letters:read" | "dead-letters:write" | "admin")[];
                        /** @enum {string} */
                        environment: "live" | "test";
                        defaultType: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        expiresAt: string | null;
                        revokedAt: string | null;
                        lastUsedAt: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminKeysByIdRotate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 3600 */
                    overlapSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        tenantId: string;
                        name: string;
                        scopes: ("events:write" | "events:read" | "dead-letters:read" | "dead-letters:write" | "admin")[];
                        /** @enum {string} */
                        environment: "live" | "test";
                        defaultType: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        expiresAt: string | null;
                        revokedAt: string | null;
                        lastUsedAt: string | null;
                        /** @description Shown this once */
                        key: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the key is revoked, expired or already replaced */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminTenants: {
        parameters: {
            query?: {
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description By id */
                        items: {
                            tenantId: string;
                            name: string;
                            limits: {
                                requestsPerSecond?: number;
                                eventsPerSecond?: number;
                            };
                            /** @description What is not named is as RETENTION_DAYS and DEAD_LETTER_RETENTION_DAYS say */
                            retention: {
                                /** @description Days that events are kept after they were received; 0 keeps them for ever */
                                days?: number;
                                /** @description Days by event type, for types that are kept for another time; 0 keeps them for ever */
                                types?: {
                                    [key: string]: number;
                                };
                                /** @description Days that dead letters are kept after they last failed; 0 keeps them for ever */
                                deadLetterDays?: number;
                            };
                            /** @description What counts now, in days; 0: for ever */
                            kept: {
                                days: number;
                                deadLetterDays: number;
                            };
                            /** @description What counts for a tenant without a retention of its own, in days; 0: for ever */
                            settings: {
                                days: number;
                                deadLetterDays: number;
                            };
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminTenants: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Tenant id */
                    tenantId: string;
                    name: string;
                    /** @default {} */
                    limits?: {
                        requestsPerSecond?: number;
                        eventsPerSecond?: number;
                    };
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        name: string;
                        limits: {
                            requestsPerSecond?: number;
                            eventsPerSecond?: number;
                        };
                        /** @description What is not named is as RETENTION_DAYS and DEAD_LETTER_RETENTION_DAYS say */
                        retention: {
                            /** @description Days that events are kept after they were received; 0 keeps them for ever */
                            days?: number;
                            /** @description Days by event type, for types that are kept for another time; 0 keeps them for ever */
                            types?: {
                                [key: string]: number;
                            };
                            /** @description Days that dead letters are kept after they last failed; 0 keeps them for ever */
                            deadLetterDays?: number;
                        };
                        /** @description What counts now, in days; 0: for ever */
                        kept: {
                            days: number;
                            deadLetterDays: number;
                        };
                        /** @description What counts for a tenant without a retention of its own, in days; 0: for ever */
                        settings: {
                            days: number;
                            deadLetterDays: number;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: the tenant exists */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1MeTenants: {
        parameters: {
            query?: {
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description By id */
                        items: {
                            tenantId: string;
                            name: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminTenantsByTenantId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Tenant id */
                tenantId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        name: string;
                        limits: {
                            requestsPerSecond?: number;
                            eventsPerSecond?: number;
                        };
                        /** @description What is not named is as RETENTION_DAYS and DEAD_LETTER_RETENTION_DAYS say */
                        retention: {
                            /** @description Days that events are kept after they were received; 0 keeps them for ever */
                            days?: number;
                            /** @description Days by event type, for types that are kept for another time; 0 keeps them for ever */
                            types?: {
                                [key: string]: number;
                            };
                            /** @description Days that dead letters are kept after they last failed; 0 keeps them for ever */
                            deadLetterDays?: number;
                        };
                        /** @description What counts now, in days; 0: for ever */
                        kept: {
                            days: number;
                            deadLetterDays: number;
                        };
                        /** @description What counts for a tenant without a retention of its own, in days; 0: for ever */
                        settings: {
                            days: number;
                            deadLetterDays: number;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1AdminTenantsByTenantId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Tenant id */
                tenantId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    /** @description Replaces the limits as a whole; {} removes them */
                    limits?: {
                        requestsPerSecond?: number;
                        eventsPerSecond?: number;
                    };
                    /** @description Replaces the tenant's own retention as a whole; {} removes it */
                    retention?: {
                        /** @description Days that events are kept after they were received; 0 keeps them for ever */
                        days?: number;
                        /** @description Days by event type, for types that are kept for another time; 0 keeps them for ever */
                        types?: {
                            [key: string]: number;
                        };
                        /** @description Days that dead letters are kept after they last failed; 0 keeps them for ever */
                        deadLetterDays?: number;
                    };
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        name: string;
                        limits: {
                            requestsPerSecond?: number;
                            eventsPerSecond?: number;
                        };
                        /** @description What is not named is as RETENTION_DAYS and DEAD_LETTER_RETENTION_DAYS say */
                        retention: {
                            /** @description Days that events are kept after they were received; 0 keeps them for ever */
                            days?: number;
                            /** @description Days by event type, for types that are kept for another time; 0 keeps them for ever */
                            types?: {
                                [key: string]: number;
                            };
                            /** @description Days that dead letters are kept after they last failed; 0 keeps them for ever */
                            deadLetterDays?: number;
                        };
                        /** @description What counts now, in days; 0: for ever */
                        kept: {
                            days: number;
                            deadLetterDays: number;
                        };
                        /** @description What counts for a tenant without a retention of its own, in days; 0: for ever */
                        settings: {
                            days: number;
                            deadLetterDays: number;
                        };
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminEventTypes: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description By tenant and name */
                        items: {
                            tenantId: string;
                            type: string;
                            /** @description The version that counts; null when all are retired, and the type is unknown */
                            active: number | null;
                            /** @description That of the active version, else of the newest */
                            description: string;
                            /** @description That of the active version */
                            schema: {
                                [key: string]: unknown;
                            } | null;
                            /** @description Newest first */
                            versions: {
                                version: number;
                                description: string;
                                createdBy: string;
                                /** @description RFC 3339, UTC */
                                createdAt: string;
                                retiredAt: string | null;
                            }[];
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminEventTypes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description May be left to X-Tenant-Id, or to the key */
                    tenantId?: string;
                    /** @description Event type, any characters but control characters */
                    type: string;
                    /** @description The next one when absent */
                    version?: number;
                    /** @description JSON Schema, draft 2020-12, for the payload */
                    schema: {
                        [key: string]: unknown;
                    };
                    /** @default  */
                    description?: string;
                    /**
                     * @description Register nothing, only say what would come of it
                     * @default false
                     */
                    dryRun?: boolean;
                };
            };
        };
        responses: {
            /** @description A dry run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        type: string;
                        version: number;
                        description: string;
                        /** @description JSON Schema, draft 2020-12, for the payload */
                        schema: {
                            [key: string]: unknown;
                        };
                        /** @description false: a dry run */
                        registered: boolean;
                        /** @description Whether events are checked against this version (a higher one may count instead) */
                        counts: boolean;
                        sample: {
                            /** @description Stored events of this type that were checked against the schema: up to 1,000, the newest */
                            checked: number;
                            /** @description How many of them would be dead letters now */
                            failing: number;
                            /** @description The first few that fail */
                            examples: {
                                eventId: string;
                                failures: {
                                    pointer: string;
                                    detail: string;
                                }[];
                            }[];
                        };
                        /** @description With a tenant's first type: the types among its newest stored events that nobody registered */
                        becomeUnknown: {
                            type: string;
                            events: number;
                        }[];
                        warnings: string[];
                    };
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        type: string;
                        version: number;
                        description: string;
                        /** @description JSON Schema, draft 2020-12, for the payload */
                        schema: {
                            [key: string]: unknown;
                        };
                        /** @description false: a dry run */
                        registered: boolean;
                        /** @description Whether events are checked against this version (a higher one may count instead) */
                        counts: boolean;
                        sample: {
                            /** @description Stored events of this type that were checked against the schema: up to 1,000, the newest */
                            checked: number;
                            /** @description How many of them would be dead letters now */
                            failing: number;
                            /** @description The first few that fail */
                            examples: {
                                eventId: string;
                                failures: {
                                    pointer: string;
                                    detail: string;
                                }[];
                            }[];
                        };
                        /** @description With a tenant's first type: the types among its newest stored events that nobody registered */
                        becomeUnknown: {
                            type: string;
                            events: number;
                        }[];
                        warnings: string[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: the version exists, or the tenant has as many types, versions or bytes of schemas as it may have */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminEventTypesCheck: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description May be left to X-Tenant-Id, or to the key */
                    tenantId?: string;
                    /** @description Event type, any characters but control characters */
                    type: string;
                    /** @description The next one when absent */
                    version?: number;
                    /** @description JSON Schema, draft 2020-12, for the payload */
                    schema: {
                        [key: string]: unknown;
                    };
                    /** @default  */
                    description?: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        type: string;
                        version: number;
                        description: string;
                        /** @description JSON Schema, draft 2020-12, for the payload */
                        schema: {
                            [key: string]: unknown;
                        };
                        /** @description false: a dry run */
                        registered: boolean;
                        /** @description Whether events are checked against this version (a higher one may count instead) */
                        counts: boolean;
                        sample: {
                            /** @description Stored events of this type that were checked against the schema: up to 1,000, the newest */
                            checked: number;
                            /** @description How many of them would be dead letters now */
                            failing: number;
                            /** @description The first few that fail */
                            examples: {
                                eventId: string;
                                failures: {
                                    pointer: string;
                                    detail: string;
                                }[];
                            }[];
                        };
                        /** @description With a tenant's first type: the types among its newest stored events that nobody registered */
                        becomeUnknown: {
                            type: string;
                            events: number;
                        }[];
                        warnings: string[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: the version exists, or the tenant has as many types, versions or bytes of schemas as it may have */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminEventTypesByType: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Event type, any characters but control characters */
                type: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        type: string;
                        /** @description The version that counts; null when all are retired, and the type is unknown */
                        active: number | null;
                        /** @description That of the active version, else of the newest */
                        description: string;
                        /** @description That of the active version */
                        schema: {
                            [key: string]: unknown;
                        } | null;
                        /** @description Newest first */
                        versions: {
                            version: number;
                            description: string;
                            createdBy: string;
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            retiredAt: string | null;
                            /** @description JSON Schema, draft 2020-12, for the payload */
                            schema: {
                                [key: string]: unknown;
                            };
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1AdminEventTypesByType: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
                version?: number;
            };
            header?: never;
            path: {
                /** @description Event type, any characters but control characters */
                type: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        type: string;
                        /** @description The version that counts; null when all are retired, and the type is unknown */
                        active: number | null;
                        /** @description That of the active version, else of the newest */
                        description: string;
                        /** @description That of the active version */
                        schema: {
                            [key: string]: unknown;
                        } | null;
                        /** @description Newest first */
                        versions: {
                            version: number;
                            description: string;
                            createdBy: string;
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            retiredAt: string | null;
                            /** @description JSON Schema, draft 2020-12, for the payload */
                            schema: {
                                [key: string]: unknown;
                            };
                        }[];
                        /** @description What becomes of events of this type from now on */
                        meaning: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1AdminEventTypesByType: {
        parameters: {
            query?: {
                /** @description Tenant id */
                tenantId?: string;
            };
            header?: never;
            path: {
                /** @description Event type, any characters but control characters */
                type: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Makes this version count: it is taken out of retirement, and newer ones are retired */
                    version?: number;
                    /** @description Of the version that counts */
                    description?: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tenantId: string;
                        type: string;
                        /** @description The version that counts; null when all are retired, and the type is unknown */
                        active: number | null;
                        /** @description That of the active version, else of the newest */
                        description: string;
                        /** @description That of the active version */
                        schema: {
                            [key: string]: unknown;
                        } | null;
                        /** @description Newest first */
                        versions: {
                            version: number;
                            description: string;
                            createdBy: string;
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            retiredAt: string | null;
                            /** @description JSON Schema, draft 2020-12, for the payload */
                            schema: {
                                [key: string]: unknown;
                            };
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the schemas that count would have more bytes than the tenant may have */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        user: {
                            id: string;
                            email: string;
                            /** @enum {string} */
                            role: "viewer" | "operator" | "admin";
                        };
                        /** @description RFC 3339, UTC */
                        expiresAt: string;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email: string;
                    password: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        user: {
                            id: string;
                            email: string;
                            /** @enum {string} */
                            role: "viewer" | "operator" | "admin";
                        };
                        /** @description RFC 3339, UTC */
                        expiresAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1Session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        kind: "user" | "key" | "admin-token";
                        id: string;
                        /** @description E-mail of a person, name of a key */
                        name: string;
                        /** @description null for keys, which have scopes */
                        role: ("viewer" | "operator" | "admin") | null;
                        /** @description The tenant of a key; null may choose */
                        tenantId: string | null;
                        scopes: ("events:write" | "events:read" | "dead-letters:read" | "dead-letters:write" | "admin")[];
                        /** @description Operations that would not be refused with 403 for want of a role or scope, e.g. `POST /v1/admin/keys/{id}/rotate` */
                        may: string[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1MePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    current: string;
                    /** @example violet-otter-sails-7-fjords */
                    next: string;
                };
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1MeSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The newest first */
                        items: {
                            /** @description Names the session; it is not what is in the cookie */
                            id: string;
                            /** @description The session that asks */
                            current: boolean;
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            /** @description To within half a minute */
                            lastSeenAt: string;
                            /** @description When it ends unless it is used before */
                            idleEndsAt: string;
                            /** @description When it ends in any case */
                            expiresAt: string;
                            userAgent: string;
                            address: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1MeSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ended: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1MeSessionsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1MeSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        theme: "system" | "light" | "dark";
                        /**
                         * @example Europe/Berlin
                         * @example browser
                         */
                        timeZone: string;
                        /** @description Tenant that pages begin with; null is all of them */
                        defaultTenantId: string | null;
                        /** @description How often pages that are not live ask again */
                        refreshSeconds: number;
                        /** @enum {string} */
                        density: "comfortable" | "compact";
                        /** @description Page of a trace, `{traceId}` being its id (TRACE_URL_TEMPLATE); null when there is none */
                        traceUrlTemplate: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1MeSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    theme?: "system" | "light" | "dark";
                    /**
                     * @example Europe/Berlin
                     * @example browser
                     */
                    timeZone?: string;
                    /** @description Tenant that pages begin with; null is all of them */
                    defaultTenantId?: string | null;
                    /** @description How often pages that are not live ask again */
                    refreshSeconds?: number;
                    /** @enum {string} */
                    density?: "comfortable" | "compact";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        theme: "system" | "light" | "dark";
                        /**
                         * @example Europe/Berlin
                         * @example browser
                         */
                        timeZone: string;
                        /** @description Tenant that pages begin with; null is all of them */
                        defaultTenantId: string | null;
                        /** @description How often pages that are not live ask again */
                        refreshSeconds: number;
                        /** @enum {string} */
                        density: "comfortable" | "compact";
                        /** @description Page of a trace, `{traceId}` being its id (TRACE_URL_TEMPLATE); null when there is none */
                        traceUrlTemplate: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1MeSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    theme?: "system" | "light" | "dark";
                    /**
                     * @example Europe/Berlin
                     * @example browser
                     */
                    timeZone?: string;
                    /** @description Tenant that pages begin with; null is all of them */
                    defaultTenantId?: string | null;
                    /** @description How often pages that are not live ask again */
                    refreshSeconds?: number;
                    /** @enum {string} */
                    density?: "comfortable" | "compact";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        theme: "system" | "light" | "dark";
                        /**
                         * @example Europe/Berlin
                         * @example browser
                         */
                        timeZone: string;
                        /** @description Tenant that pages begin with; null is all of them */
                        defaultTenantId: string | null;
                        /** @description How often pages that are not live ask again */
                        refreshSeconds: number;
                        /** @enum {string} */
                        density: "comfortable" | "compact";
                        /** @description Page of a trace, `{traceId}` being its id (TRACE_URL_TEMPLATE); null when there is none */
                        traceUrlTemplate: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminUsers: {
        parameters: {
            query?: {
                /** @description Part of an e-mail */
                q?: string;
                /** @description Most items of a page; it ends at 4 MiB as well, and nextCursor continues it */
                limit?: number;
                /** @description nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description By e-mail */
                        items: {
                            id: string;
                            email: string;
                            /** @enum {string} */
                            role: "viewer" | "operator" | "admin";
                            disabledAt: string | null;
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            /** @description RFC 3339, UTC */
                            updatedAt: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminUsers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: email
                     * @description An e-mail address
                     */
                    email: string;
                    /** @enum {string} */
                    role: "viewer" | "operator" | "admin";
                    /**
                     * @description Unset, one is generated and shown this once
                     * @example violet-otter-sails-7-fjords
                     */
                    password?: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        email: string;
                        /** @enum {string} */
                        role: "viewer" | "operator" | "admin";
                        disabledAt: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                        /** @description When it was generated; shown this once */
                        password?: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: there is a person of this e-mail */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminUsersById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        email: string;
                        /** @enum {string} */
                        role: "viewer" | "operator" | "admin";
                        disabledAt: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1AdminUsersById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        email: string;
                        /** @enum {string} */
                        role: "viewer" | "operator" | "admin";
                        disabledAt: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: this is the last admin who can sign in */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1AdminUsersById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    role?: "viewer" | "operator" | "admin";
                    disabled?: boolean;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        email: string;
                        /** @enum {string} */
                        role: "viewer" | "operator" | "admin";
                        disabledAt: string | null;
                        /** @description RFC 3339, UTC */
                        createdAt: string;
                        /** @description RFC 3339, UTC */
                        updatedAt: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: this is the last admin who can sign in */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1AdminUsersByIdPassword: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Unset, one is generated and shown this once
                     * @example violet-otter-sails-7-fjords
                     */
                    password?: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description When it was generated; shown this once */
                        password?: string;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the password is one's own */
            409: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    traceresponse: components["headers"]["traceresponse"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AdminUsersByIdSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The newest first */
                        items: {
                            /** @description Names the session; it is not what is in the cookie */
                            id: string;
                            /** @description The session that asks */
                            current: boolean;
                            /** @description RFC 3339, UTC */
                            createdAt: string;
                            /** @description To within half a minute */
                            lastSeenAt: string;
                            /** @description When it ends unless it is used before */
                            idleEndsAt: string;
                            /** @description When it ends in any case */
                            expiresAt: string;
                            userAgent: string;
                            address: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1AdminUsersByIdSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ended: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOpenapiJson: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProblems: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProblemsByCode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page, or JSON when that is asked for */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        status: number;
                        title: string;
                        explanation: string;
                    };
                    "text/html": string;
                };
            };
            400: components["responses"]["Invalid"];
            404: components["responses"]["NotFound"];
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
