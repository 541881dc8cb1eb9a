// The life of a service, from its set-up to its exit code.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/server/serve.h>
#include <rondeau/service/service.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/cancellation_token.h>

#include "service/flags.h"
#include "service/listening.h"

namespace rondeau::service {

/// The exit codes of a service.
enum Exit : int { kEnded = 0, kFailed = 1, kUsage = 2, kUnavailable = 69, kBadSettings = 78 };

class Life final : public Context {
 public:
  Life(std::string name, std::string version, Profile profile, const ServiceSettings& settings, ListenTerms terms,
       std::vector<server::InheritedSocket> inherited)
      : name_(std::move(name)),
        version_(std::move(version)),
        profile_(profile),
        settings_(settings),
        terms_(std::move(terms)),
        inherited_(std::move(inherited)) {}

  void on_stop(std::string name, Stop stop) override { stops_.push_back({std::move(name), std::move(stop)}); }
  void readiness(std::string name, Check check) override { checks_.push_back({std::move(name), std::move(check)}); }
  const ServiceSettings& settings() const noexcept override { return settings_; }

  /// Sets up, serves, drains, stops. Returns the exit code.
  Task<int> run(Service::Start start);
  /// Sets up, hands the routes to `look`, and stops. Returns the exit code.
  Task<int> inspect(Service::Start start, std::function<int(const routing::Dispatcher&)> look);

 private:
  struct NamedStop {
    std::string name;
    Stop stop;
  };
  struct NamedCheck {
    std::string name;
    Check check;
  };

  struct Signals {
    signal::Signal terminate;
    signal::Signal interrupt;
    signal::Signal hang_up;
  };

  /// Everything but the listeners. A failure has been told, and what was set up is stopped.
  Task<Result<std::shared_ptr<const routing::Dispatcher>, Exit>> set_up(Service::Start start);
  Task<int> serve_until_told(std::shared_ptr<const routing::Dispatcher> dispatcher,
                             std::vector<server::Listener> listeners, Signals signals);
  Task<void> wait_for_signal(Signals signals, sync::CancellationToken shutdown);
  Task<void> reload_when_told(signal::Signal hang_up);
  /// To the service manager, for which nothing comes after STOPPING=1.
  void tell_unless_draining(const std::string& state);
  Task<void> stop_all();
  Task<Result<void>> ready();
  Router<> own_routes();
  http::Limits limits() const;
  std::chrono::milliseconds drain_delay() const;

  const std::string name_;
  const std::string version_;
  const Profile profile_;
  const ServiceSettings& settings_;
  const ListenTerms terms_;
  std::vector<server::InheritedSocket> inherited_;  // until they are listened on
  std::vector<NamedStop> stops_;
  std::vector<NamedCheck> checks_;
  std::mutex telling_;  // so that what is told comes before draining_ is written, or not at all
  std::atomic<bool> draining_{false};  // written once, read by /readyz; relaxed: a probe earlier or later
};

}  // namespace rondeau::service
