#include "requests.h"

#include "cron_schedule.h"
#include "kinds/kinds.h"

namespace jobs {
namespace {

/// Of the kinds that we run ourselves the payload is known; those of others are theirs.
template <class T>
void check_work(const T& asked, rondeau::Violations& wrong) {
  if (text_of(asked.payload).size() > kLargestPayload) {
    wrong.add(asked.payload, "must be at most 64 KiB of JSON");
    return;
  }
  const auto kind = built_in(*asked.kind);
  if (!kind) return;
  if (const auto why = why_not(*kind, text_of(asked.payload)); !why.empty()) wrong.add(asked.payload, why);
}

}  // namespace

void validate(const NewJob& job, rondeau::Violations& wrong) {
  check_work(job, wrong);
}

void validate(const NewCron& cron, rondeau::Violations& wrong) {
  check_work(cron, wrong);
  const auto schedule = CronSchedule::parse(cron.schedule);
  if (!schedule) {
    wrong.add(cron.schedule, std::string(schedule.error().context()));
  } else if (!schedule->next(now())) {
    wrong.add(cron.schedule, "names a date that does not come");
  }
}

void validate(const Heartbeat& heartbeat, rondeau::Violations& wrong) {
  if (heartbeat.progress && !(*heartbeat.progress >= 0 && *heartbeat.progress <= 1)) {
    wrong.add(heartbeat.progress, "must be from 0 to 1");
  }
}

void validate(const Completion& completion, rondeau::Violations& wrong) {
  if (text_of(completion.result).size() > kLargestPayload)
    wrong.add(completion.result, "must be at most 64 KiB of JSON");
}

std::string text_of(const std::optional<Document>& document) {
  return document ? text_of(*document) : "{}";
}
std::string text_of(const Document& document) {
  return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

}  // namespace jobs
