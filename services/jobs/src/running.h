// Running: the jobs that this process runs, so that they can be asked to end.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include <rondeau/sync/cancellation_token.h>

namespace jobs {

/// Thread safety: any thread.
class Running {
 public:
  /// Until its end the job is one of them.
  class Entry {
   public:
    Entry(Running& running, std::string job) : running_(running), job_(std::move(job)) {
      const std::lock_guard lock(running_.mutex_);
      running_.tokens_.insert_or_assign(job_, token_);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() {
      const std::lock_guard lock(running_.mutex_);
      const auto found = running_.tokens_.find(job_);
      if (found != running_.tokens_.end() && found->second == token_) running_.tokens_.erase(found);
    }
    const rondeau::sync::CancellationToken& token() const noexcept { return token_; }

   private:
    Running& running_;
    const std::string job_;
    const rondeau::sync::CancellationToken token_;
  };

  /// Nothing happens where it runs elsewhere, or not at all.
  void cancel(const std::string& job) {
    const std::lock_guard lock(mutex_);
    if (const auto found = tokens_.find(job); found != tokens_.end()) found->second.cancel();
  }
  bool empty() const {
    const std::lock_guard lock(mutex_);
    return tokens_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, rondeau::sync::CancellationToken> tokens_;  // guarded by mutex_
};

}  // namespace jobs
