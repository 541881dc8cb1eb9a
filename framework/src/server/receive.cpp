// Reading heads.
#include <rondeau/time/readable_by.h>

#include "http2/preface.h"
#include "server/exchange.h"

namespace rondeau::server {
namespace {

constexpr std::size_t kLeastRoom = 1024;

}  // namespace

Received Exchange::read() {
  const std::span<char> room = input_.room(kLeastRoom);
  const Result<std::size_t> count = connection_->stream().try_read(std::as_writable_bytes(room));
  if (!count) return count.error() == Errc::WouldBlock ? Received::Nothing : Received::End;
  if (*count == 0) return Received::End;
  fresh_ = false;
  came_ = true;
  emptied_ = *count < room.size();
  input_.commit(*count);
  batch_received_ += *count;
  return Received::Bytes;
}

Head Exchange::judge_first_bytes() {
  const http2::Opening opening = http2::judge_opening(input_.view());
  if (opening == http2::Opening::Http2) return Head::Http2;
  if (opening == http2::Opening::Undecided) return Head::Incomplete;
  connection_->speak_http1();
  return next_head();
}

void Exchange::take_as_received(std::string_view bytes) {
  fresh_ = false;
  input_.commit(bytes.copy(input_.room(bytes.size()).data(), bytes.size()));
}

task::Task<Received> Exchange::receive_more_of_head() {
  // Blank lines are no part of a head, and nobody is told of them; but who sends one is not idle.
  const bool began = parser_.started();
  if (!head_deadline_) head_deadline_ = Instant::now() + limits_.head;
  const Instant deadline = *head_deadline_;
  for (;;) {
    if (!co_await time::readable_by(connection_->stream(), connection_->alarm(), deadline)) {
      co_return began ? Received::TooLate : Received::End;
    }
    const Received received = read();
    if (received != Received::Nothing) co_return received;
  }
}

}  // namespace rondeau::server
