// How a service gives its sockets to a successor, and drains when that is ready.
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include <rondeau/observe/log.h>

#include "service/life.h"
#include "service/notify.h"

namespace rondeau::service {
namespace {

void say_no_successor(std::string_view why) {
  log::write(log::Level::Error, "service", "no successor, this process goes on", {{"why", why}});
}

}  // namespace

void Life::give_up_sockets() {
  const std::scoped_lock guard(telling_);
  files_.clear();
  sockets_.clear();
}

Task<void> Life::hand_over_when_told(signal::Signal told) {
  while (co_await told.recv()) {
    if (::getpid() == 1 || self_.invocation.program.empty()) {
      const char* const why = ::getpid() == 1 ? "a container ends with its first process" : "/proc is not there";
      say_no_successor(why);
      continue;
    }
    auto passed = sockets_to_pass();
    if (!passed) {
      say_no_successor(passed.error().message());
      continue;
    }
    if (passed->empty()) co_return;
    log::write(log::Level::Info, "service", "handing over", {{"program", self_.invocation.program}});
    auto started = co_await told_to_end_.run_until_cancelled(
        start_successor(self_.invocation, *std::move(passed), settings_.shutdown.successor));
    if (!started) co_return;
    if (!*started) {
      say_no_successor(started->error().message());
    } else if (give_way_to(**started)) {
      co_return;
    }
  }
}

Result<std::vector<server::InheritedSocket>> Life::sockets_to_pass() {
  const std::scoped_lock guard(telling_);
  return duplicates_of(sockets_);
}

bool Life::give_way_to(Successor& successor) {
  if (const Result<void> alive = successor.check_alive(); !alive) {
    say_no_successor(alive.error().message());
    return false;
  }
  const int id = successor.child().id().value_or(0);
  {
    const std::scoped_lock guard(telling_);
    if (silent_) return false;
    silent_ = true;
    notify_manager("MAINPID=" + std::to_string(id));
    for (SocketFile& file : files_) file.leave();
    sockets_.clear();
  }
  successor.set_free();
  if (admin_ != nullptr) admin_->hand_over();
  log::write(log::Level::Info, "service", "handed over", {{"successor", id}});
  handed_over_.cancel();
  shutdown_.cancel();
  return true;
}

}  // namespace rondeau::service
