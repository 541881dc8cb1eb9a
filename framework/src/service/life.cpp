#include "service/life.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>

#include <rondeau/client/client.h>
#include <rondeau/observe/log.h>
#include <rondeau/observe/process_metrics.h>
#include <rondeau/observe/span.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/signal/signal.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "admin/pages.h"
#include "otlp/exporter.h"
#include "service/access_log.h"
#include "service/admin_terms.h"
#include "service/limits.h"
#include "service/notify.h"

namespace rondeau::service {
namespace {

const std::string kStopping = "STOPPING=1";
constexpr std::chrono::seconds kForSpans{2};  // to be sent, at the end

Exit say(const std::string& name, const Error& error, Exit code) {
  log::flush();
  std::fprintf(stderr, "%s: %s\n", name.c_str(), words_of(error).c_str());
  return code;
}

/// What is no mistake in the settings is the world's.
Exit why(const Error& error) {
  return error == Errc::InvalidArgument ? kBadSettings : kUnavailable;
}

http::ForwardedFields fields_of(ProxyFields fields) {
  switch (fields) {
    case ProxyFields::either:
      return http::ForwardedFields::Either;
    case ProxyFields::forwarded:
      return http::ForwardedFields::Forwarded;
    case ProxyFields::x_forwarded:
      return http::ForwardedFields::XForwarded;
  }
  return http::ForwardedFields::Either;
}

/// Out of the inherited; none where it is not among them.
base::UniqueFd take(std::vector<server::InheritedSocket>& inherited, std::string_view name) {
  const auto found = std::ranges::find(inherited, name, &server::InheritedSocket::name);
  if (found == inherited.end()) return {};
  base::UniqueFd fd = std::move(found->fd);
  inherited.erase(found);
  return fd;
}

/// As systemd counts it, by the same clock.
std::string monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

std::string words_of(const Error& error) {
  const bool told = error == Errc::InvalidArgument && !error.context().empty();
  return told ? std::string(error.context()) : error.message();
}

Life::Life(Identity self, const ServiceSettings& settings, ListenTerms terms,
           std::vector<server::InheritedSocket> inherited, const runtime::Handle& runtime)
    : self_(std::move(self)),
      settings_(settings),
      terms_(std::move(terms)),
      inherited_(std::move(inherited)),
      liveness_(std::make_shared<admin::Liveness>(runtime)),
      runtime_(runtime) {
  observe::add_runtime_metrics(*metrics_, runtime.metrics());
  observe::add_process_metrics(*metrics_);
  observe::add_target_info(*metrics_, self_.name, self_.version);
  metrics_->collect([liveness = liveness_](observe::Samples& out) {
    out.gauge("rondeau_runtime_timer_lateness_seconds", "How late a timer fired that fires once a second.",
              std::chrono::duration<double>(liveness->lateness()).count());
  });
  // Open connections notice nothing.
  if (terms_.tls) reloads_->add("certificates", [tls = *terms_.tls] { return tls.reload(); });
  ready_pipe_ = take(inherited_, kReadyPipe);
  if (base::UniqueFd socket = take(inherited_, kAdminSocket)) admin_socket_ = std::move(socket);
}

Result<void> Life::open_admin(const admin::Terms& terms, std::vector<admin::Setting> settings) {
  const auto desk = std::make_shared<admin::Desk>(admin::Desk{
      .name = self_.name,
      .version = self_.version,
      .runtime = runtime_,
      .metrics = metrics_,
      .health = health_,
      .liveness = liveness_,
      .server = overview_,
      .settings = std::move(settings),
      .routes =
          [this] {
            const std::scoped_lock guard(showing_);
            return routes_;
          },
      .drain = [token = told_by_admin_] { token.cancel(); },
      .reload = [reloads = reloads_] { return Reloads::run(reloads); }});
  RONDEAU_TRY_PLAIN(auto pages, admin::pages(desk, terms).build());
  auto inherited = std::exchange(admin_socket_, std::nullopt);
  RONDEAU_TRY_PLAIN(admin_, admin::Listener::start(terms, std::move(inherited), std::move(pages)));
  admin_terms_ = terms;
  return {};
}

Task<int> Life::run(Service::Start start) {
  if (!tracing_) co_return co_await set_up_and_serve(std::move(start));
  auto client = client::Client::build({.propagate_to = std::vector<std::string>()});
  if (!client) co_return say(self_.name, client.error().with("trace"), kFailed);
  const auto exporter = std::make_shared<otlp::Exporter>(tracing_->exporter, *std::move(client));
  // Its client has to end on the runtime, and the registry may live longer.
  metrics_->collect([weak = std::weak_ptr(exporter)](observe::Samples& out) {
    const auto sends = weak.lock();
    if (sends == nullptr) return;
    out.counter("rondeau_trace_spans_exported_total", "Spans that the collector has taken.",
                static_cast<double>(sends->exported()));
    out.counter("rondeau_trace_spans_dropped_total", "Spans that it has not.", static_cast<double>(sends->dropped()));
  });
  auto exporting = task::Builder{}.name("spans").spawn(otlp::Exporter::run(exporter));
  observe::record_spans(exporter);
  const int code = co_await set_up_and_serve(std::move(start));
  observe::record_spans(nullptr);
  co_await otlp::Exporter::finish(exporter, std::move(exporting), kForSpans);
  co_return code;
}

Task<int> Life::set_up_and_serve(Service::Start start) {
  // Heard from the first moment on: a signal during the set-up is answered after it.
  auto terminate = signal::signal(signal::SignalKind::terminate());
  auto interrupt = signal::signal(signal::SignalKind::interrupt());
  auto hang_up = signal::signal(signal::SignalKind::hangup());
  auto hand_over = signal::signal(signal::SignalKind::user_defined2());
  if (!terminate) co_return say(self_.name, terminate.error().with("listen for SIGTERM"), kFailed);
  if (!interrupt) co_return say(self_.name, interrupt.error().with("listen for SIGINT"), kFailed);
  if (!hang_up) co_return say(self_.name, hang_up.error().with("listen for SIGHUP"), kFailed);
  if (!hand_over) co_return say(self_.name, hand_over.error().with("listen for SIGUSR2"), kFailed);
  auto dispatcher = co_await set_up(std::move(start));
  if (!dispatcher) co_return dispatcher.error();
  co_return co_await serve_until_told(
      *std::move(dispatcher),
      {*std::move(terminate), *std::move(interrupt), *std::move(hang_up), *std::move(hand_over)});
}

Task<int> Life::inspect(Service::Start start, std::function<int(const routing::Dispatcher&)> look) {
  const auto dispatcher = co_await set_up(std::move(start));
  if (!dispatcher) co_return dispatcher.error();
  co_await stop_all();
  co_return look(**dispatcher);
}

Task<Result<std::shared_ptr<const routing::Dispatcher>, Exit>> Life::set_up(Service::Start start) {
  auto prepared = co_await start(*this);
  if (!prepared) {
    co_await stop_all();
    co_return Unexpected{say(self_.name, prepared.error(), why(prepared.error()))};
  }
  auto dispatcher = (*prepared)(own_routes(), around_routes());
  if (!dispatcher) {
    co_await stop_all();
    co_return Unexpected{say(self_.name, dispatcher.error(), kFailed)};
  }
  {
    const std::scoped_lock guard(showing_);
    routes_ = *dispatcher;
  }
  co_return *std::move(dispatcher);
}

Task<int> Life::serve_until_told(std::shared_ptr<const routing::Dispatcher> dispatcher, Signals signals) {
  auto listening = co_await listen(terms_, settings_.server.reuse_port, std::move(inherited_));
  if (!listening) {
    co_await stop_all();
    co_return say(self_.name, listening.error(), why(listening.error()));
  }
  sockets_ = std::move(listening->sockets);
  files_ = std::move(listening->files);
  if (admin_ != nullptr) {
    if (auto second = admin_->duplicate()) sockets_.push_back({std::string(kAdminSocket), *std::move(second)});
  }
  std::vector<std::string> addresses;
  for (const server::Listener& listener : listening->listeners) {
    const auto address = listener.local_addr();
    addresses.push_back(address ? address->to_string() : "unknown");
  }
  health_->set_started();  // before the first request can ask
  auto serving = task::Builder{}.name("server").spawn(
      server::serve(std::move(listening->listeners), std::move(dispatcher),
                    {.limits = limits_of(settings_),
                     .shutdown = shutdown_,
                     .handed_over = handed_over_,
                     .show_details = self_.profile == Profile::Dev,
                     .on_refused = settings_.log.access ? &log_refused : nullptr,
                     .on_broken = &log_broken,
                     .trusted_proxies = settings_.server.trusted_proxies,
                     .forwarded_fields = fields_of(settings_.server.forwarded_fields),
                     .overview = overview_}));
  for (const std::string& address : addresses) {
    log::write(log::Level::Info, "service", "listening",
               {{"name", self_.name},
                {"address", address},
                {"tls", terms_.tls.has_value()},
                {"workers", runtime::Handle::current().metrics().num_workers()}});
  }
  if (admin_ != nullptr) {
    const char* const scope = admin_terms_->scope == AdminScope::full ? "full" : "read";
    log::write(log::Level::Info, "service", "admin", {{"at", admin_->address()}, {"scope", scope}});
  }
  tell("READY=1");
  if (ready_pipe_) tell_predecessor(std::move(ready_pipe_));
  auto reloading = task::Builder{}.name("reload").spawn(reload_when_told(std::move(signals.hang_up)));
  auto handing_over = task::Builder{}.name("hand-over").spawn(hand_over_when_told(std::move(signals.hand_over)));
  auto waiting = task::Builder{}.name("signals").spawn(wait_for_signal(std::move(signals.terminate), std::move(signals.interrupt)));
  std::optional<JoinHandle<void>> watched;
  if (const auto patience = watchdog_patience()) {
    watched = task::Builder{}.name("watchdog").spawn(keep_watchdog(*patience));
  }
  auto beating = task::Builder{}.name("liveness").spawn(admin::Liveness::beat(liveness_));
  auto report = co_await serving;
  give_up_sockets();  // what made accepting impossible told nobody else
  // They use what ends with this task.
  for (JoinHandle<void>* task : {&waiting, &handing_over, &reloading}) {
    task->abort();
    static_cast<void>(co_await *task);
  }
  if (watched) {
    watched->abort();
    static_cast<void>(co_await *watched);
  }
  beating.abort();
  static_cast<void>(co_await beating);
  co_await stop_all();
  if (!report) co_return say(self_.name, report.error(), kFailed);
  if (!*report) co_return say(self_.name, report->error(), kFailed);
  log_cut(**report);
  log::write(log::Level::Info, "service", "ended",
             {{"connections", (*report)->connections}, {"requests", (*report)->requests}, {"cut", (*report)->cut}});
  co_return kEnded;
}

Task<void> Life::wait_for_signal(signal::Signal terminate, signal::Signal interrupt) {
  const auto first = co_await select(terminate.recv(), interrupt.recv(), told_by_admin_.cancelled());
  const bool by_signal = first.index() < 2;
  told_to_end_.cancel();
  health_->set_draining();
  tell(kStopping);
  log::write(log::Level::Info, "service", "draining",
             {{by_signal ? "signal" : "told_by", !by_signal ? "admin" : first.index() == 0 ? "SIGTERM" : "SIGINT"}});
  // From now on a second signal ends the process as if nobody had listened.
  auto told_again = [by_signal](signal::Signal again, signal::Signal interrupted) -> Task<void> {
    // Who drains before he sends the signal does not mean it to cut what is under way.
    if (!by_signal) static_cast<void>(co_await select(again.recv(), interrupted.recv()));
    const auto second = co_await select(again.recv(), interrupted.recv());
    const int number = second.index() == 0 ? SIGTERM : SIGINT;
    std::signal(number, SIG_DFL);
    std::raise(number);
  };
  spawn(told_again, std::move(terminate), std::move(interrupt)).detach();
  if (drain_delay().count() > 0) co_await sleep_for(drain_delay());
  give_up_sockets();
  shutdown_.cancel();
}

Task<void> Life::reload_when_told(signal::Signal hang_up) {
  while (co_await hang_up.recv()) {
    tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds());
    static_cast<void>(co_await Reloads::run(reloads_));
    tell("READY=1");
  }
}

void Life::tell(const std::string& state) {
  const std::scoped_lock guard(telling_);
  if (silent_) return;
  silent_ = state == kStopping;
  notify_manager(state);
}

Task<void> Life::keep_watchdog(std::chrono::microseconds patience) {
  for (;;) {
    if (liveness_->is_alive()) tell("WATCHDOG=1");
    co_await sleep_for(patience / 2);
  }
}

Task<void> Life::stop_all() {
  while (!stops_.empty()) {
    NamedStop last = std::move(stops_.back());
    stops_.pop_back();
    co_await last.stop();
    log::write(log::Level::Debug, "service", "stopped", {{"part", last.name}});
  }
}

std::chrono::milliseconds Life::drain_delay() const {
  const std::chrono::milliseconds usual = std::chrono::seconds(self_.profile == Profile::Dev ? 0 : 5);
  return settings_.shutdown.drain_delay.value_or(usual);
}

}  // namespace rondeau::service
