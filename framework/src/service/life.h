// The life of a service, from its set-up to its exit code.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/unique_fd.h>
#include <rondeau/observe/metrics.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/server/overview.h>
#include <rondeau/server/serve.h>
#include <rondeau/service/service.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/cancellation_token.h>

#include "admin/desk.h"
#include "admin/health.h"
#include "admin/listener.h"
#include "admin/liveness.h"
#include "admin/terms.h"
#include "otlp/terms.h"
#include "service/flags.h"
#include "service/listening.h"
#include "service/reloads.h"
#include "service/successor.h"

namespace rondeau::service {

/// The exit codes of a service.
enum Exit : int { kEnded = 0, kFailed = 1, kUsage = 2, kUnavailable = 69, kBadSettings = 78 };

/// What kept a service from starting, for its operator. That an argument was invalid tells nothing that the text does not.
std::string words_of(const Error& error);

/// Who lives.
struct Identity {
  std::string name;
  std::string version;
  Profile profile;
  Invocation invocation;
};

class Life final : public Context {
 public:
  Life(Identity self, const ServiceSettings& settings, ListenTerms terms,
       std::vector<server::InheritedSocket> inherited, const runtime::Handle& runtime);

  void on_stop(std::string name, Stop stop) override { stops_.push_back({std::move(name), std::move(stop)}); }
  void readiness(std::string name, Check check, Need need = Need::Required) override {
    health_->add(std::move(name), std::move(check), need);
  }
  void on_reload(std::string name, Reload reload) override { reloads_->add(std::move(name), std::move(reload)); }
  const ServiceSettings& settings() const noexcept override { return settings_; }
  Profile profile() const noexcept override { return self_.profile; }
  const std::shared_ptr<observe::Registry>& metrics() const noexcept override { return metrics_; }

  /// Opens the admin listener, which answers until this is destroyed. Before run(), and not on a worker: it blocks until
  /// it listens. Errors: what kept it from that.
  Result<void> open_admin(const admin::Terms& terms, std::vector<admin::Setting> settings);
  /// From run() on, spans go there. Before it.
  void trace_to(otlp::Terms terms) { tracing_ = std::move(terms); }
  /// Sets up, serves, drains, stops. Returns the exit code.
  Task<int> run(Service::Start start);
  /// Sets up, hands the routes to `look`, and stops. Returns the exit code.
  Task<int> inspect(Service::Start start, std::function<int(const routing::Dispatcher&)> look);

 private:
  struct NamedStop {
    std::string name;
    Stop stop;
  };
  struct Signals {
    signal::Signal terminate;
    signal::Signal interrupt;
    signal::Signal hang_up;
    signal::Signal hand_over;
  };

  /// Everything but the listeners. A failure has been told, and what was set up is stopped.
  Task<Result<std::shared_ptr<const routing::Dispatcher>, Exit>> set_up(Service::Start start);
  Task<int> serve_until_told(std::shared_ptr<const routing::Dispatcher> dispatcher, Signals signals);
  /// Whoever connects while they are there waits for an answer.
  void give_up_sockets();
  Task<void> wait_for_signal(signal::Signal terminate, signal::Signal interrupt);
  Task<void> reload_when_told(signal::Signal hang_up);
  Task<void> hand_over_when_told(signal::Signal told);
  /// Descriptors of its own: those here are closed when the end begins. None: it has begun.
  Result<std::vector<server::InheritedSocket>> sockets_to_pass();
  /// False: it has ended already, or our end had begun, and it is not wanted.
  bool give_way_to(Successor& successor);
  /// To the service manager, for which nothing comes after STOPPING=1, or after another one was named to it.
  void tell(const std::string& state);
  Task<int> set_up_and_serve(Service::Start start);
  /// Shows the service manager that all moves which /healthz looks at, twice in the time it waits.
  Task<void> keep_watchdog(std::chrono::microseconds patience);
  Task<void> stop_all();
  Router<> own_routes();
  void add_health(Router<>& router) const;
  Router<> around_routes() const;
  std::chrono::milliseconds drain_delay() const;

  const Identity self_;
  const ServiceSettings& settings_;
  const ListenTerms terms_;
  std::vector<server::InheritedSocket> inherited_;  // until they are listened on
  base::UniqueFd ready_pipe_;                       // to a predecessor that waits
  std::optional<base::UniqueFd> admin_socket_;      // inherited, until it is listened on
  const std::shared_ptr<observe::Registry> metrics_ = std::make_shared<observe::Registry>();
  const std::shared_ptr<admin::Health> health_ = std::make_shared<admin::Health>();
  const std::shared_ptr<admin::Liveness> liveness_;
  const std::shared_ptr<server::Overview> overview_ = std::make_shared<server::Overview>();
  const runtime::Handle runtime_;
  const std::shared_ptr<Reloads> reloads_ = std::make_shared<Reloads>();
  std::vector<NamedStop> stops_;
  sync::CancellationToken told_by_admin_;  // to drain
  sync::CancellationToken told_to_end_;  // by a signal, or over the admin listener
  sync::CancellationToken shutdown_;     // of the server
  sync::CancellationToken handed_over_;  // before that: a successor has the sockets
  std::mutex telling_;                   // guards all below
  bool silent_ = false;                  // nothing more is told
  std::vector<server::InheritedSocket> sockets_;  // for a successor, until the end begins
  std::vector<SocketFile> files_;                 // removed when it begins
  std::mutex showing_;
  std::shared_ptr<const routing::Dispatcher> routes_;  // guarded by showing_; null before they are known
  std::optional<otlp::Terms> tracing_;
  std::optional<admin::Terms> admin_terms_;
  std::unique_ptr<admin::Listener> admin_;  // uses all above
};

}  // namespace rondeau::service
