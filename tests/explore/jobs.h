// Tasks that are only queued: each must be taken exactly once.
#pragma once

#include <array>
#include <cstddef>

#include "support/model.h"

namespace explored {

struct Job {
  support::model::Cell<Job*> queue_next{nullptr};
  support::model::Cell<int> taken{0};

  /// By whoever took it out of a queue; that it sees what was done to the job before is checked here.
  void take() {
    static_cast<void>(queue_next.get());
    support::model::require((taken += 1) == 1, "a task was taken twice");
  }
};

/// All of them must have been taken by the end of the run.
template <std::size_t N>
class Jobs {
 public:
  ~Jobs() {
    for (const Job& job : jobs_) support::model::require(job.taken == 1, "a task was lost");
  }
  Job* operator[](std::size_t index) { return &jobs_[index]; }

 private:
  std::array<Job, N> jobs_;
};

/// Takes a chain as a queue for overflow does.
inline void take_chain(Job* first, Job* last, std::size_t count) {
  std::size_t seen = 0;
  for (Job* job = first; job != nullptr; ++seen) {
    Job* next = job->queue_next;
    support::model::require((next == nullptr) == (job == last), "the chain does not end where it says");
    job->take();
    job = next;
  }
  support::model::require(seen == count, "the chain has another length than it says");
}

}  // namespace explored
