// Exchange: one request and the head of its answer, as a stream of a connection.
//
// The request goes out while the answer is listened for, since a server may answer before it has read everything.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/task/task.h>

#include "client/answer.h"
#include "client/attempt.h"
#include "client/http2/permit.h"

namespace rondeau::client::http2 {

/// Lives in the frame that awaits ask(). Cancellation: the stream is reset, the connection goes on.
class Exchange {
 public:
  Exchange(Permit permit, const Attempt& attempt);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  /// Once. The answer has its head, and a body unless that is over already.
  task::Task<Result<std::unique_ptr<Answer>, Failure>> ask();

 private:
  void submit();
  bool is_stream() const noexcept { return !attempt_.body.is_none() && attempt_.body.bytes() == nullptr; }
  task::Task<Result<void, Failure>> reach_head();
  /// Until all of the body has been sent, or nobody wants it any more.
  task::Task<Result<void, Failure>> send();
  task::Task<Result<void, Failure>> send_stream();
  task::Task<Result<void, Failure>> wait_until_below(std::size_t bytes);
  task::Task<Result<void, Failure>> receive_head();
  task::Task<Result<void, Failure>> await_permission();
  /// True: the head of the final answer is there.
  Result<bool, Failure> look();
  std::unique_ptr<Answer> make_answer();
  Failure fail(ErrorKind kind, Phase phase, std::string cause) const;
  Failure late(Phase phase, Patience patience, Duration step) const;

  const Attempt& attempt_;
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<Stream> stream_;  ///< null once the answer has it
  bool sending_ = false;            ///< the request is on its way
  bool told_to_go_on_ = false;
};

}  // namespace rondeau::client::http2
