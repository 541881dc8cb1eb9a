// What needs no wait: the whole life of most requests, without a frame of its own.
#include "server/exchange.h"

namespace rondeau::server {

Stop Exchange::serve_at_once() {
  look_at_clock();
  for (;;) {
    Head head = next_head();
    while (head == Head::Incomplete) {
      const Received received = receive();
      if (received == Received::End) return Stop::End;
      if (received == Received::Nothing) return is_quiet() && push() && !broken_ ? be_idle() : Stop::Head;
      head = next_head();
    }
    if (head != Head::Complete) return head == Head::Http2 ? Stop::Http2 : Stop::Refused;
    begin_request();
    if (!start_handler().is_ready()) return Stop::Handler;
    http::Response& response = answer_.response();
    if (response.has_after() || response.is_upgrade()) return Stop::Answer;
    if (!append_answer(response)) return Stop::Rest;
    if (!next_request()) return Stop::Close;
    if (batch_is_full()) return Stop::Turn;
  }
}

Stop Exchange::be_idle() noexcept {
  if (came_) connection_->be_idle(now_);
  return Stop::Idle;
}

}  // namespace rondeau::server
