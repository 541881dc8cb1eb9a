#include "redis/line.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

#include <rondeau/task/context.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

namespace rondeau::redis {
namespace {

// Gathered before a write; one command may be larger.
constexpr std::size_t kFlushSize = 16 * 1024;
// An output buffer that grew for a large value is given back.
constexpr std::size_t kKeptOutput = 64 * 1024;
constexpr int kReadsInARow = 16;
constexpr std::size_t kBatch = 32;

std::string in_milliseconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

Error closed() {
  return Error(ErrorKind::Closed, Phase::Queue, "the client is closed");
}

Error named(const Call& call, Error error) {
  return call.request.word.empty() ? std::move(error) : error.with(call.request.word);
}

}  // namespace

/// Whatever way the driver ends, nobody is left waiting. It is a parameter of the driver's, so that it tells also of one
/// that was refused by a runtime that ends, and never began.
class Line::Ticket {
 public:
  explicit Ticket(std::shared_ptr<Line> line) noexcept : line_(std::move(line)) {}
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket() {
    if (line_ != nullptr) line_->end();
  }

 private:
  std::shared_ptr<Line> line_;
};

Line::Line(std::shared_ptr<const Options> options) : options_(std::move(options)) {}

void Line::start(const std::shared_ptr<Line>& line) {
  {
    const std::lock_guard lock(line->mutex_);
    if (std::exchange(line->started_, true)) return;
  }
  launch(line);
}

void Line::launch(std::shared_ptr<Line> line) {
  // No deadline, trace or priority of whoever opens the client.
  task::Context().sync_scope([&] { task::spawn(drive(line, Ticket(line))).detach(); });
}

task::Task<void> Line::drive(std::shared_ptr<Line> line, Ticket) {
  for (unsigned attempt = 0; !line->is_closing(); ++attempt) {
    auto won = co_await task::select(task::losing(establish(line->options_)), line->close_asked_.cancelled());
    if (won.is<1>()) co_return;
    auto connection = std::move(won).get<0>();
    std::optional<Error> why;
    if (connection) {
      line->is_up();
      why = co_await line->serve(*connection);
      if (line->answered_) attempt = 0;
      connection = *why;  // closed before the pause
    } else {
      why = std::move(connection).error();
    }
    line->is_lost(*why);
    co_await line->pause(attempt);
  }
}

task::Task<Error> Line::serve(Connection& connection) {
  io::Stream& stream = connection.stream();
  time::Sleep clock = time::sleep_until(next_look());
  while (true) {
    bool delivered = false;
    bool blocked = false;
    if (auto failed = read_all(connection, delivered)) co_return *std::move(failed);
    // Those who got a reply may have the next command: it goes out with the others'.
    if (delivered) co_await task::yield_now();
    if (auto failed = look_at_clock()) co_return *std::move(failed);
    if (auto failed = write_all(stream, blocked)) co_return *std::move(failed);
    const Next next = fall_asleep(blocked);
    if (next == Next::End) co_return closed();
    if (next == Next::GoOn) continue;
    // A later look is not told to the timer: it comes too early now and then, and costs nothing each time.
    if (const Instant look = next_look(); clock.is_elapsed() || look < clock.deadline()) clock.reset(look);
    auto won = co_await task::select(stream.readable(), task::when(blocked, stream.writable()), wake_.notified(), clock)
                   .biased();
    wake_up();
    if (won.is<2>()) co_await task::yield_now();  // so that more than the first one's command goes out
  }
}

std::optional<Error> Line::read_all(Connection& connection, bool& delivered) {
  for (int reads = 0; reads < kReadsInARow; ++reads) {
    while (true) {
      auto reply = connection.next();
      if (!reply) {
        if (!in_flight_.empty()) {
          if (const auto& call = in_flight_.front().call) call->complete(named(*call, reply.error()));
          in_flight_.front().call = nullptr;
        }
        return std::move(reply).error();
      }
      if (!*reply) break;
      delivered = true;
      if (auto failed = take_reply(std::move(**reply))) return failed;
    }
    auto filled = connection.try_fill();
    if (!filled) return std::move(filled).error();
    if (!*filled) break;
    last_byte_ = Instant::now();
  }
  return std::nullopt;
}

std::optional<Error> Line::take_reply(Value&& reply) {
  if (reply.kind() == ValueKind::Push) return tell_push(reply), std::nullopt;
  if (in_flight_.empty()) return Error(ErrorKind::Protocol, Phase::Reply, "a reply that nobody asked for");
  InFlight& oldest = in_flight_.front();
  answered_ = true;
  count(replies_, 1);
  if (oldest.commands > 1) {
    oldest.replies.push_back(std::move(reply));
    if (oldest.replies.size() < oldest.commands) return std::nullopt;
    reply = Value(ValueKind::Array, std::move(oldest.replies));
  }
  commands_in_flight_ -= oldest.commands;
  bytes_in_flight_ -= oldest.bytes;
  const std::shared_ptr<Call> call = std::move(oldest.call);
  in_flight_.pop_front();
  if (call != nullptr) call->complete(std::move(reply));
  return std::nullopt;
}

void Line::tell_push(const Value& push) noexcept {
  count(pushes_, 1);
  if (!options_->on_push) return;
  try {
    options_->on_push(push);
  } catch (...) {  // the hook's mistake; commands of others go on
    return;
  }
}

std::optional<Error> Line::write_all(io::Stream& stream, bool& blocked) {
  for (refill(); out_sent_ < out_.size();) {
    const auto rest = std::as_bytes(std::span(out_).subspan(out_sent_));
    const auto written = stream.try_write(rest);
    if (!written && written.error() == Errc::WouldBlock) return blocked = was_blocked_ = true, std::nullopt;
    if (!written) return Error(ErrorKind::Io, Phase::Send, written.error().message());
    // There is room again, so the server reads: a sign of life. A system that takes bytes for a frozen one is none.
    if (std::exchange(was_blocked_, false)) last_byte_ = Instant::now();
    count(writes_, 1);
    out_sent_ += *written;
    sent_total_ += *written;
    if (out_sent_ < out_.size()) continue;
    out_sent_ = 0;
    out_.clear();
    if (out_.capacity() > kKeptOutput) out_.shrink_to_fit();
    refill();
  }
  const auto flushed = stream.try_flush();
  if (!flushed && flushed.error() == Errc::WouldBlock) return blocked = true, std::nullopt;
  if (!flushed) return Error(ErrorKind::Io, Phase::Send, flushed.error().message());
  return std::nullopt;
}

void Line::refill() {
  std::array<std::shared_ptr<Call>, kBatch> batch;
  while (out_.size() - out_sent_ < kFlushSize) {
    const std::size_t count = pop_some(batch);
    try {
      for (std::size_t i = 0; i < count; ++i) send(batch[i]);
    } catch (...) {  // there is no memory for them, and nobody else knows of them
      for (const auto& call : batch) {
        if (call != nullptr) call->complete(named(*call, Error(ErrorKind::Io, Phase::Send, "out of memory")));
      }
      throw;
    }
    if (count < batch.size()) break;
  }
}

std::size_t Line::pop_some(std::span<std::shared_ptr<Call>> batch) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < batch.size() && bytes < kFlushSize && !queue_.empty() && has_room_for(queue_.front())) {
    std::shared_ptr<Call>& call = batch[count++] = queue_.pop_front();
    bytes += call->request.bytes.size();
    commands_in_flight_ += call->request.replies;
    bytes_in_flight_ += call->request.bytes.size();
  }
  return count;
}

bool Line::has_room_for(const Call& call) const noexcept {
  if (commands_in_flight_ == 0) return true;
  return commands_in_flight_ + call.request.replies <= options_->max_in_flight &&
         bytes_in_flight_ + call.request.bytes.size() <= options_->max_in_flight_bytes;
}

/// Takes the call, or throws and leaves it.
void Line::send(std::shared_ptr<Call>& call) {
  const std::string_view bytes = call->request.bytes.view();
  if (in_flight_.empty()) last_byte_ = Instant::now();
  const Duration own = call->request.timeout.value_or(Duration::zero());
  if (own > options_->dead_after) patience_ = std::max(patience_, call->deadline);
  InFlight& entry = in_flight_.emplace_back();
  out_ += bytes;
  queued_total_ += bytes.size();
  count(commands_, call->request.replies);
  call->progress.store(Call::Progress::Sent, std::memory_order_relaxed);
  entry.commands = call->request.replies;
  entry.bytes = bytes.size();
  entry.end = queued_total_;
  entry.call = std::move(call);
}

void Line::send_ping() {
  constexpr std::string_view bytes = "*1\r\n$4\r\nPING\r\n";
  last_byte_ = Instant::now();
  out_ += bytes;
  queued_total_ += bytes.size();
  ++commands_in_flight_;
  bytes_in_flight_ += bytes.size();
  in_flight_.push_back({nullptr, 1, bytes.size(), queued_total_, {}});
}

std::optional<Error> Line::look_at_clock() {
  if (Instant::now() < next_look()) return std::nullopt;
  if (in_flight_.empty()) return send_ping(), std::nullopt;
  return Error(ErrorKind::Io, Phase::Reply,
               name_of(*options_) + ": no byte for " + in_milliseconds(options_->dead_after) + " while commands wait for replies");
}

Instant Line::next_look() const noexcept {
  if (in_flight_.empty()) return last_byte_ + options_->ping_interval;
  return std::max(last_byte_ + options_->dead_after, patience_);
}

Line::Next Line::fall_asleep(bool blocked) {
  const bool nothing_in_flight = in_flight_.empty();
  const std::lock_guard lock(mutex_);
  if (closing_now_ || (closing_ && queue_.empty() && nothing_in_flight)) return Next::End;
  if (!blocked && !queue_.empty() && has_room_for(queue_.front())) return Next::GoOn;
  asleep_ = queue_.empty();
  return Next::Sleep;
}

void Line::wake_up() {
  const std::lock_guard lock(mutex_);
  asleep_ = false;
}

bool Line::is_closing() const {
  const std::lock_guard lock(mutex_);
  return closing_;
}

}  // namespace rondeau::redis
