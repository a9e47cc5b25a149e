#include <libpq-fe.h>

// Macros with values that Swift does not import: PQresultErrorField takes these letters.
static const int laurel_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int laurel_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int laurel_diag_message = PG_DIAG_MESSAGE_PRIMARY;
static const int laurel_diag_detail = PG_DIAG_MESSAGE_DETAIL;
static const int laurel_diag_constraint = PG_DIAG_CONSTRAINT_NAME;
static const int laurel_diag_function = PG_DIAG_SOURCE_FUNCTION;

// Ends one query's part of the pipeline. libpq 17 can leave the flush to the caller; before, each Sync flushes.
static inline int laurel_pipeline_sync(PGconn *connection) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
  return PQsendPipelineSync(connection);
#else
  return PQpipelineSync(connection);
#endif
}
