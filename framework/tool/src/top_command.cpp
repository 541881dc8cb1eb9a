// rondeau top: what a running service does, by its admin listener.
#include "commands.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include <rondeau/io/async_fd.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/sleep.h>

#include "top/drawing.h"
#include "top/picture.h"
#include "top/screen.h"
#include "top/source.h"

namespace rondeau::tool {
namespace {

constexpr std::chrono::seconds kBetweenLooks{1};

enum class Form { Text, Json };

/// Two looks, since rates and shares lie between them.
Task<Outcome<void>> print_once(top::Source source, Form form) {
  top::History history;
  RONDEAU_TRY(const top::Look first, co_await source.look());
  static_cast<void>(history.see(first));
  co_await sleep_for(kBetweenLooks);
  RONDEAU_TRY(const top::Look second, co_await source.look());
  const top::Picture picture = history.see(second);
  if (form == Form::Json) {
    std::printf("%s\n", top::to_json(picture).c_str());
  } else {
    for (const std::string& line : top::draw(picture, {.address = source.address()}, std::nullopt))
      std::printf("%s\n", line.c_str());
  }
  co_return {};
}

using Looks = sync::Receiver<Outcome<top::Look>>;

Task<void> keep_looking(top::Source source, sync::Sender<Outcome<top::Look>> looks) {
  auto second = time::interval(kBetweenLooks);
  for (;;) {
    co_await second.tick();
    if (!co_await looks.send(co_await source.look())) co_return;
  }
}

struct Signals {
  signal::Signal interrupt;
  signal::Signal terminate;
  signal::Signal hang_up;
  signal::Signal window_change;
  signal::Signal stop;  ///< Ctrl-Z
};
Result<Signals> hear() {
  RONDEAU_TRY_PLAIN(signal::Signal interrupt, signal::signal(SignalKind::interrupt()));
  RONDEAU_TRY_PLAIN(signal::Signal terminate, signal::signal(SignalKind::terminate()));
  RONDEAU_TRY_PLAIN(signal::Signal hang_up, signal::signal(SignalKind::hangup()));
  RONDEAU_TRY_PLAIN(signal::Signal window_change, signal::signal(SignalKind::window_change()));
  RONDEAU_TRY_PLAIN(signal::Signal stop, signal::signal(SignalKind::from_raw(SIGTSTP)));
  return Signals{std::move(interrupt), std::move(terminate), std::move(hang_up), std::move(window_change),
                 std::move(stop)};
}

/// What is on the screen.
class View {
 public:
  View(std::string address, top::Screen screen) : screen_(std::move(screen)) { caption_.address = std::move(address); }

  Result<void> take(const Outcome<top::Look>& look) {
    if (look) picture_ = history_.see(*look);
    caption_.trouble = look ? "" : look.error().sentence;
    return show();
  }
  /// False: it is to end.
  Result<bool> take_keys() {
    RONDEAU_TRY_PLAIN(const std::string keys, screen_.keys());
    for (const char key : keys) {
      if (key == 'q') return false;
      if (key == 'b') caption_.order = top::Order::Busy;
      if (key == 'p') caption_.order = top::Order::LongestPoll;
      if (key == 'w') caption_.order = top::Order::LongestWait;
    }
    RONDEAU_TRY_VOID_PLAIN(show());
    return true;
  }
  Result<void> show() { return screen_.show(top::draw(picture_, caption_, screen_.size())); }
  /// Until the shell lets us go on.
  Result<void> pause() {
    screen_.leave();
    static_cast<void>(::raise(SIGSTOP));
    RONDEAU_TRY_VOID_PLAIN(screen_.take());
    return show();
  }

 private:
  top::Screen screen_;
  top::History history_;
  top::Picture picture_;
  top::Caption caption_;
};

Task<Result<void>> turn(View& view, Looks& looks, Signals& signals, const io::AsyncFd<base::UniqueFd>& keyboard) {
  for (;;) {
    auto next = co_await select(signals.interrupt.recv(), signals.terminate.recv(), signals.hang_up.recv(),
                                keyboard.readable(), signals.window_change.recv(), signals.stop.recv(), looks.recv())
                    .biased();
    if (next.is<0>() || next.is<1>() || next.is<2>()) co_return {};
    if (next.is<3>()) {
      if (auto& ready = next.get<3>()) ready->clear_ready();
      RONDEAU_TRY(const bool goes_on, view.take_keys());
      if (!goes_on) co_return {};
    } else if (next.is<4>()) {
      RONDEAU_TRY_VOID(view.show());
    } else if (next.is<5>()) {
      RONDEAU_TRY_VOID(view.pause());
    } else {
      RONDEAU_TRY_VOID(view.take(*next.get<6>()));
    }
  }
}

/// From here on only the user ends it: a service that is gone may come back.
Task<Outcome<void>> live(top::Source source) {
  const auto failed = [](const Error& error) { return fail("the terminal: " + error.message()); };
  Outcome<top::Look> first = co_await source.look();
  if (!first) co_return first.error();
  auto signals = hear();
  if (!signals) co_return failed(signals.error());
  auto keyboard = io::AsyncFd<base::UniqueFd>::make(base::UniqueFd(::dup(STDIN_FILENO)));
  if (!keyboard) co_return failed(keyboard.error());
  auto screen = top::Screen::enter();
  if (!screen) co_return failed(screen.error());
  View view(source.address(), *std::move(screen));
  if (const auto shown = view.take(first); !shown) co_return failed(shown.error());
  auto [sender, looks] = sync::mpsc<Outcome<top::Look>>(1);
  auto looking = spawn(keep_looking(std::move(source), std::move(sender)));
  const auto ended = co_await turn(view, looks, *signals, *keyboard);
  looking.abort();
  static_cast<void>(co_await looking);
  if (!ended && ended.error() != Errc::Closed) co_return failed(ended.error());
  co_return {};
}

Secret<std::string> token_of(const Words& words) {
  if (auto said = words.value("--token")) return Secret<std::string>(*std::move(said));
  const char* const variable = std::getenv("RONDEAU_ADMIN_TOKEN");  // NOLINT(concurrency-mt-unsafe): one thread
  return Secret<std::string>(variable == nullptr ? "" : variable);
}

Outcome<void> look_at(const Words& words) {
  constexpr const char* kDefault = "http://127.0.0.1:9090";
  auto runtime = runtime::Builder::current_thread().build();
  if (!runtime) return fail("cannot start the runtime: " + runtime.error().message());
  const bool json = words.has("--json");
  const bool once = json || words.has("--once") || !top::Screen::is_there();
  const std::string where = words.arguments() > 0 ? words.argument(0) : kDefault;
  return runtime->block_on(
      [](std::string at, Secret<std::string> token, bool to_print, Form form) -> Task<Outcome<void>> {
        RONDEAU_TRY(top::Source source, top::Source::at(at, std::move(token)));
        if (to_print) co_return co_await print_once(std::move(source), form);
        co_return co_await live(std::move(source));
      }(where, token_of(words), once, json ? Form::Json : Form::Text));
}

}  // namespace

int run_top(const Words& words) {
  const auto done = look_at(words);
  return done ? kEnded : report(done.error());
}

}  // namespace rondeau::tool
