// Exchange: one request and the head of its answer, on one connection.
//
// The request goes out while the answer is listened for, since a server may answer before it has read everything.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/task/task.h>

#include "client/answer.h"
#include "client/attempt.h"
#include "client/http1/pool.h"
#include "client/origin.h"

namespace rondeau::client::http1 {

/// Lives in the frame that awaits ask(). Cancellation: the connection is closed.
class Exchange {
 public:
  Exchange(Pool::Slot slot, const Attempt& attempt, const Way& way) noexcept;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Once. The answer has its head, and a body unless that is over already.
  task::Task<Result<std::unique_ptr<Answer>, Failure>> ask();

 private:
  enum class Upload : std::uint8_t { UnderWay, Done, Failed };

  task::Task<Result<void, Failure>> reach_head();
  void encode_head();
  /// Sends what goes at once. False: the peer does not take more now, or there is more to be made.
  Result<bool, Failure> push();
  task::Task<Result<void, Failure>> send_rest();
  task::Task<Result<void, Failure>> send_stream();
  task::Task<Result<void, Failure>> drain_output();
  task::Task<Result<void, Failure>> write_all(std::string_view bytes);
  task::Task<Result<void, Failure>> receive_head();
  /// True: the answer is there instead, and the body is not wanted.
  task::Task<Result<bool, Failure>> await_permission();
  /// The connection has failed while the request was sent: what the peer has said before counts.
  task::Task<Result<void, Failure>> last_words(Failure failure);
  /// Of what has been read: true where the head of the final answer is there.
  Result<bool, Failure> parse();
  Result<void, Failure> take_interim();
  Result<void, Failure> check_switch();
  task::Task<Result<void, Failure>> read(Patience patience);
  std::unique_ptr<Answer> make_answer();
  Switched switch_over();

  bool is_stream() const noexcept { return !attempt_.body.is_none() && attempt_.body.bytes() == nullptr; }
  Failure fail(ErrorKind kind, Phase phase, std::string cause) noexcept;
  Failure refused() noexcept;
  Failure broken(Phase phase, const rondeau::Error& error) noexcept;
  Failure late(Phase phase, Patience patience, Duration step);

  Pool::Slot slot_;
  const Attempt& attempt_;
  const Way& way_;
  Connection& connection_;
  std::string_view unsent_;  ///< of a body that is in memory
  std::size_t interim_ = 0;
  Sent sent_ = Sent::No;
  Upload upload_ = Upload::UnderWay;
  bool told_to_go_on_ = false;
  bool answered_ = false;
};

}  // namespace rondeau::client::http1
