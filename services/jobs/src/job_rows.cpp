#include "job_rows.h"

#include <utility>

namespace jobs {

Document document_of(const std::string& text) {
  Document document = Document::parse(text, nullptr, false);
  return document.is_discarded() ? Document() : document;
}

Job job_of(JobRow row) {
  Job job;
  job.id = std::move(row.id);
  job.kind = std::move(row.kind);
  job.payload = document_of(row.payload);
  job.queue = std::move(row.queue);
  job.priority = row.priority;
  job.state = row.state;
  job.run_at = from_stored(row.run_at);
  job.attempt = row.attempt;
  job.max_attempts = row.max_attempts;
  job.timeout_s = row.timeout_s;
  job.progress = nullable(row.progress);
  job.last_error = nullable(std::move(row.last_error));
  if (row.result) job.result.emplace() = document_of(*row.result);
  job.cancel_requested = row.cancel_requested != 0;
  job.created_at = from_stored(row.created_at);
  job.updated_at = from_stored(row.updated_at);
  job.finished_at = from_stored(row.finished_at);
  return job;
}

}  // namespace jobs
