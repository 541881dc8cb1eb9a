// Figures: what /metrics tells of jobs.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include <rondeau/observe/metrics.h>

namespace jobs {

/// Thread safety: any thread.
class Figures {
 public:
  explicit Figures(std::shared_ptr<rondeau::observe::Registry> registry)
      : registry_(std::move(registry)),
        attempts_(
            registry_->counter("jobs_attempts_total", "Attempts that ended in this process", {"kind", "outcome"})),
        expired_(registry_->counter("jobs_leases_expired_total", "Leases that this process found to have run out")
                     .with({})) {}

  void attempt_ended(std::string_view kind, std::string_view outcome) { attempts_.with({kind, outcome}).add(); }
  void leases_expired(std::size_t count) { expired_.add(count); }

 private:
  const std::shared_ptr<rondeau::observe::Registry> registry_;
  rondeau::observe::Family<rondeau::observe::Counter>& attempts_;
  rondeau::observe::Counter& expired_;
};

}  // namespace jobs
