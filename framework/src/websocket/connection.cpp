#include "websocket/connection.h"

#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

namespace rondeau::websocket {
namespace {

constexpr int kStepsInARow = 4;  // each may inflate 16 KiB

}  // namespace

task::Task<void> run_connection(http::UpgradedStream& upgraded, SessionPtr session) {
  io::Stream& stream = upgraded.stream();
  session->begin(upgraded.take_read_ahead());
  time::Sleep timer = time::sleep_until(session->deadline());
  for (int in_a_row = 0; !session->is_over();) {
    const bool draining = upgraded.draining().is_cancelled();
    if (draining) session->begin_close({CloseCode::GoingAway, "the server stops"});
    if (session->step(stream)) {
      if (++in_a_row % kStepsInARow == 0) co_await task::yield_now();
      continue;
    }
    in_a_row = 0;
    if (session->is_over()) break;
    timer.reset(session->deadline());
    static_cast<void>(co_await task::select(session->work().notified(),
                                            task::when(session->wants_input(), stream.readable()),
                                            task::when(session->has_unsent(), stream.writable()), timer,
                                            task::when(!draining, upgraded.draining().cancelled())));
  }
}

}  // namespace rondeau::websocket
