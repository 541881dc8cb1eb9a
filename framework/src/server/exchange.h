// Exchange: what a connection borrows from its worker while requests are coming in – buffers, parser, request block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/handler/response_future.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/task/task.h>
#include <rondeau/time/supervise.h>

#include "http/input.h"
#include "http/output_buffer.h"
#include "http/request_parser.h"
#include "http/response_encoder.h"
#include "server/connection.h"
#include "server/date_cache.h"
#include "server/request_body.h"
#include "server/upgraded.h"

namespace rondeau::server {

/// What next_head() found.
enum class Head : std::uint8_t { Complete, Incomplete, Refused, Http2 };
/// A part of a file that is sent behind the output; what is left of it afterwards was not sent.
struct FilePart {
  int file = -1;
  std::uint64_t offset = 0;
  std::size_t left = 0;
};
/// What a read gave.
enum class Received : std::uint8_t { Bytes, Nothing, End, TooLate };
/// Why serving cannot go on without a wait.
enum class Stop : std::uint8_t {
  Idle,     ///< all is answered and sent, and no byte of a request is here
  Head,     ///< more of a head has to come, or what is unsent to leave
  Handler,  ///< the handler waits
  Answer,   ///< the answer is there, and more than bytes belong to it: work afterwards, another protocol
  Rest,     ///< the answer is appended as far as it can be
  Refused,  ///< the head is none
  Http2,    ///< the first bytes are of HTTP/2
  Turn,     ///< others first: enough was answered
  Close,    ///< the last answer of the connection is appended
  End,      ///< the peer sends no more
};

/// After so many from one connection others have their turn.
inline constexpr std::size_t kBytesInARow = 256 * 1024;

class Exchange final : public time::Unsent, public http::Informer {
 public:
  explicit Exchange(Shared& server);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void attach(Connection& connection) noexcept {
    connection_ = &connection;
    connection.describe(block_);
    keep_alive_ = true;
    broken_ = false;
    emptied_ = false;
    came_ = false;
    head_deadline_.reset();
    new_batch();
  }
  /// Forgets the connection and all that came from it.
  void detach() noexcept;
  std::uint64_t server_id() const noexcept { return server_id_; }

  /// Answers what is here and can be answered at once, in order; many answers go out in one write. serve_at_once.cpp
  Stop serve_at_once();

  // Reading: receive.cpp

  /// Takes what the stream has, without waiting. Does not ask again where the last read probably took all: who waits
  /// for more is told at once if it did not.
  Received receive() { return emptied_ ? Received::Nothing : read(); }
  /// Bytes that somebody else has read from the stream.
  void take_as_received(std::string_view bytes);
  /// Waits for more of a head that has begun.
  task::Task<Received> receive_more_of_head();
  Head next_head() {
    if (input_.empty()) return Head::Incomplete;
    if (connection_->may_be_http2()) return judge_first_bytes();
    return to_head(parser_.parse_head(input_.view(), block_.head));
  }
  /// No byte of a request is here.
  bool is_quiet() const noexcept { return input_.empty() && !parser_.started(); }

  // One request: serve_request.cpp

  /// Makes the request out of the head that was found, and takes what is here of its body.
  [[gnu::always_inline]] void begin_request() {
    head_deadline_.reset();
    input_.consume(block_.head.length);
    if (block_.secure) connection_->describe_secure(block_);
    if (block_.head.version != http::Version::Http10) block_.informer = this;
    if (block_.head.framing == http::BodyFraming::None) {
      body_.reset();
    } else {
      body_.begin();
    }
    input_.keep();
  }
  /// Runs the handler up to where it waits. What it gives stays here until the next request.
  handler::ResponseFuture& start_handler();
  /// Where start_handler() left it.
  handler::ResponseFuture& answer() noexcept { return answer_; }
  /// Goes on where it waits; then the answer is there. False: the peer is gone.
  task::Task<bool> finish_handler(handler::ResponseFuture& answer);
  /// The answer to a head that is none, or did not come in time.
  http::Response refuse_head(http::StatusCode status, std::string_view reason);
  /// The answer to the head that the parser refused.
  http::Response refuse_head();
  /// Whether what stands behind the refused head may be read.
  bool goes_on_after_refusal() const noexcept { return !parser_.refusal().close; }

  // Answering: answer.cpp

  /// Appends the answer. False: finish_answer() has to do the rest.
  bool append_answer(http::Response& response);
  /// Sends what does not fit, or is not there yet. Afterwards broken() tells.
  task::Task<void> finish_answer(http::Response& response);
  /// Tells the peer before its answer.
  void early_hints(const http::Headers& fields) override;
  /// The last answer on this connection.
  void close_after_this() noexcept { keep_alive_ = false; }
  /// The answer is 101, and nobody asks for another: what was read behind the request goes to the new protocol.
  bool is_upgrade() const noexcept { return upgrade_ != nullptr && !broken_; }
  std::unique_ptr<Upgraded> take_upgraded();
  /// Counts the answer and gets ready for the next request. False: the connection ends here.
  [[gnu::always_inline]] bool next_request() noexcept {
    answer_.clear();
    if (!broken_) connection_->count_answers();
    ++batch_answers_;
    if (!keep_alive_ || broken_) return false;
    began_ = Instant();
    parser_.next();
    block_.reset();
    input_.release();
    fresh_ = input_.empty();
    return true;
  }

  // Writing: send.cpp

  bool push() noexcept override;
  /// Waits until everything appended is sent. A peer that reads too slowly is cut off.
  task::Task<void> flush();
  /// Nothing can be sent any more.
  bool broken() const noexcept { return broken_; }
  bool has_unsent() const noexcept { return !output_.empty() || !tail_.empty() || file_.left > 0; }
  std::size_t unsent() const noexcept { return output_.size() + tail_.size() + file_.left; }
  /// Enough was answered to be sent, and to let others go first.
  bool batch_is_full() const noexcept {
    return batch_answers_ >= limits_.batch_answers || output_.size() >= limits_.batch_bytes ||
           batch_received_ >= kBytesInARow;
  }
  void new_batch() noexcept { batch_answers_ = 0, batch_received_ = 0; }
  /// Nothing is here, nothing is unsent.
  Stop be_idle() noexcept;
  /// After a wait.
  void look_at_clock() noexcept { now_ = Instant::now(); }

  /// Ends our half and drops what still comes, so that the peer can read our last answer.
  task::Task<void> linger();

  // For the body and the stream of an answer.
  Connection& connection() noexcept { return *connection_; }
  const http::Limits& limits() const noexcept { return limits_; }
  http::Input& input() noexcept { return input_; }
  http::RequestParser& parser() noexcept { return parser_; }
  http::RequestBlock& block() noexcept { return block_; }
  http::OutputBuffer& output() noexcept { return output_; }
  /// Sent behind the output, from where it lies. Lifetime: until it is sent or dropped.
  void set_tail(std::string_view tail) noexcept { tail_ = tail; }
  void drop_unsent() noexcept {
    output_.clear();
    tail_ = {};
    file_.left = 0;
  }
  /// The answer cannot be completed: nothing more is sent, and the peer has to see it.
  void cut_answer() noexcept;
  /// Sends a part of a file behind the output. Returns what was sent: less where the file ended, or where the system
  /// cannot send it so. The connection can_send_files().
  task::Task<std::size_t> send_file(FilePart part);
  bool& counted_in_flight() noexcept { return counted_in_flight_; }
  void restart_handler_clock() noexcept {
    handler_deadline_ = Instant::now() + block_.route.handler_limit.value_or(limits_.handler);
  }

 private:
  friend class ExchangeStore;

  Received read();
  static Head to_head(http::RequestParser::Status status) noexcept {
    using Status = http::RequestParser::Status;
    return status == Status::Head ? Head::Complete : status == Status::More ? Head::Incomplete : Head::Refused;
  }
  Head judge_first_bytes();
  void shed();
  bool may_keep_alive() noexcept {
    if (!keep_alive_ || !block_.head.keep_alive || is_draining()) return false;
    return body_.finished() || body_may_end();
  }
  bool body_may_end() noexcept;
  bool may_upgrade() const noexcept;
  bool is_draining() const noexcept { return connection_->server().draining.load(std::memory_order_relaxed); }
  bool takes_trailers() const noexcept;
  void replace_by_refusal(http::Response& response);
  http::Response refuse(http::StatusCode status, std::string_view reason);
  task::Task<void> send_stream(http::Response& response);
  bool push_rest() noexcept;
  Result<std::size_t> write_unsent() noexcept;
  Result<std::size_t> push_file() noexcept;
  time::Supervision supervision(const Instant& deadline) noexcept;

  std::unique_ptr<Exchange> next_stored_;
  Connection* connection_ = nullptr;
  const http::Limits limits_;
  const std::uint64_t server_id_;
  http::Input input_;
  http::RequestParser parser_{limits_};
  http::RequestBlock block_;
  RequestBody body_{*this};
  http::OutputBuffer output_;
  std::string_view tail_;
  handler::ResponseFuture answer_;
  http::UpgradePtr upgrade_;
  FilePart file_;
  http::EncodedHead encoded_{};
  DateCache date_;
  Instant now_;  // when what is being served came, or its handler had waited
  Instant handler_deadline_;
  Instant began_;  // when the handler began to wait, else its answer to be sent; unset before
  std::optional<Instant> head_deadline_;
  std::size_t batch_answers_ = 0;
  std::size_t batch_received_ = 0;
  bool keep_alive_ = true;
  bool broken_ = false;
  bool counted_in_flight_ = false;
  bool fresh_ = true;  // nothing came since the last request was over
  bool emptied_ = false;  // the last read took less than there was room for
  bool came_ = false;     // a new socket counts as readable before anything has come
};

/// Taken from this worker's store, or made.
std::unique_ptr<Exchange> borrow_exchange(Shared& server);
/// Back to this worker's store, which keeps so many.
void give_back(std::unique_ptr<Exchange> exchange) noexcept;

}  // namespace rondeau::server
