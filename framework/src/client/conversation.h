// Conversation: one call from its first request to the answer that its caller gets.
//
//     run()            follows redirections
//     retried()        tries again after failures that may pass, as far as the client was told to
//     replayed()       sends once more what a dead connection of the pool has swallowed
//     attempt()        one request on one connection
#pragma once

#include <memory>
#include <optional>

#include <rondeau/base/result.h>
#include <rondeau/client/error.h>
#include <rondeau/observe/span.h>
#include <rondeau/task/task.h>

#include "client/answer.h"
#include "client/attempt.h"
#include "client/call.h"
#include "client/core.h"
#include "client/redirect_rule.h"

namespace rondeau::client {

/// One call, or what was wrong with it. Cancellation: as Conversation's.
task::Task<Result<std::shared_ptr<Answer>, Error>> converse(std::shared_ptr<const ClientCore> core,
                                                            std::unique_ptr<Call> call);

/// Lives in the frame that awaits run(). Cancellation: the request under way is given up, its connection closed.
class Conversation {
 public:
  /// Lifetime: both outlive it.
  Conversation(const ClientCore& core, Call& call);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// Once.
  task::Task<Result<std::unique_ptr<Answer>, Error>> run();
  /// Attempts so far, to all URLs.
  unsigned requests() const noexcept { return requests_; }

 private:
  using Outcome = Result<std::unique_ptr<Answer>, Failure>;

  task::Task<Outcome> retried();
  task::Task<Outcome> guarded();
  task::Task<Outcome> replayed();
  task::Task<Outcome> attempt(bool fresh);

  /// Below the span of the present context; empty where none is recorded.
  observe::Span span_now() const;
  http::Headers fields_now(const observe::Span& span) const;
  Result<void, Failure> decode(Answer& answer) const;
  bool keep_cookies(const Answer& answer);
  bool may_be_replayed(const Failure& failure) const noexcept;
  bool is_stale(const Answer& answer) const noexcept;
  /// The server may get it twice, as far as anybody knows.
  bool may_arrive_twice() const noexcept;
  Error error(Failure failure) const;
  void address(Answer& answer) const;

  const ClientCore& core_;
  Call& call_;
  RedirectedRequest request_;
  RedirectRule rule_;
  const Instant deadline_;
  const Timeouts timeouts_;
  const bool decodes_;
  unsigned attempts_ = 0;  // to the present URL
  unsigned requests_ = 0;
  std::optional<connect::RetryBudget> budget_;  // of this origin, where anything is retried
  bool retries_denied_ = false;
};

}  // namespace rondeau::client
