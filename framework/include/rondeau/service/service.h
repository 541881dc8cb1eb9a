// Service: the life of a program that answers HTTP. Settings, logs, signals, health, draining, exit codes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/routing/router.h>
#include <rondeau/service/settings.h>
#include <rondeau/task/task.h>

namespace rondeau::observe {
class Registry;
}

namespace rondeau::service {

/// Whether a service is fit for requests without it.
enum class Need : std::uint8_t {
  Required,
  Advisory,  ///< told, and nothing more
};

/// What a service's set-up can ask of its life. Lifetime: until run() returns.
class Context {
 public:
  using Stop = std::function<Task<void>()>;
  using Check = std::function<Task<Result<void>>()>;
  using Reload = std::function<Task<Result<void>>()>;

  virtual ~Context() = default;

  /// Called while draining, after the last request ended, in reverse order: producers before their stores.
  virtual void on_stop(std::string name, Stop stop) = 0;
  /// Part of /readyz: asked when somebody asks, with a second's time; those who ask at the same time are one question.
  virtual void readiness(std::string name, Check check, Need need = Need::Required) = 0;
  /// Asked for by SIGHUP and over the admin listener: reads something again and puts it in the place of what was there,
  /// or leaves that as it is and says why not. Never twice at once.
  virtual void on_reload(std::string name, Reload reload) = 0;
  virtual const ServiceSettings& settings() const noexcept = 0;
  virtual Profile profile() const noexcept = 0;
  /// What the service counts its requests in: for metrics of its own, and for a page of them where that is wanted.
  virtual const std::shared_ptr<observe::Registry>& metrics() const noexcept = 0;
};

template <class T>
inline constexpr bool is_prepared = false;
template <class App>
inline constexpr bool is_prepared<Task<Result<Router<App>>>> = true;

/// As a constant, so that the compiler does not explain why not.
template <class F, class Settings>
inline constexpr bool sets_up = requires(F& f, Context& context, const Settings& settings) {
  requires is_prepared<decltype(f(context, settings))>;
};

/// `return Service{"hello"}.run(argc, argv, router);`
///
/// Reads settings (see `--help`), writes logs to stderr, serves /healthz, /readyz and /startupz beside the routes and more
/// on an admin listener (see AdminSettings), drains on
/// SIGTERM and SIGINT (a second one ends the process at once), hands over on SIGUSR2, tells systemd.
///
/// Around the routes stand Metrics, Trace, RequestIds, an access log, Catch, Admission and Deadlines. `router.without(slot)`
/// takes one away, and all but Catch have a setting: `server.layers`, `log.access`.
///
/// Exit codes: 0 ended as asked, 1 failed while running, 2 usage, 69 something needed at start was not to be had, 78
/// settings.
class Service {
 public:
  explicit Service(std::string name, std::string version = "0.1.0")
      : name_(std::move(name)), version_(std::move(version)) {}

  template <class App>
  int run(int argc, char** argv, Router<App> router) {
    struct None {};
    None none;
    return run_erased(argc, argv, nullptr, &none,
                      [&router](Context&) -> Task<Result<Prepared>> { co_return prepare(std::move(router)); });
  }

  /// With settings of its own: an aggregate whose members stand beside the framework's in the file (`server`, `log` …).
  /// A member without an initialiser has to be set, as in a body: see reflect::may_be_absent().
  /// `setup(Context&, const Settings&) -> Task<Result<Router<App>>>` runs on the runtime before anything is served.
  template <class Settings, class Setup>
  int run(int argc, char** argv, Setup setup) {
    static_assert(sets_up<Setup, Settings>,
                  "rondeau: a service is set up by a function Task<Result<Router<App>>>(service::Context&, const "
                  "Settings&)");
    Settings settings{};
    return run_erased(argc, argv, &reflect::describe<Settings>(), &settings,
                      [&](Context& context) -> Task<Result<Prepared>> {
                        if constexpr (sets_up<Setup, Settings>) {
                          auto router = co_await setup(context, std::as_const(settings));
                          if (!router) co_return std::move(router).error();
                          co_return prepare(*std::move(router));
                        }
                      });
  }

 private:
  friend class Life;
  /// The routes with the service's own beside them, built once those are known, and what stands around them alone.
  using Prepared = std::function<Result<std::shared_ptr<const routing::Dispatcher>>(Router<> own, Router<> around)>;
  using Start = std::function<Task<Result<Prepared>>(Context&)>;

  template <class App>
  static Prepared prepare(Router<App> router) {
    return [router = std::move(router)](Router<> own, Router<> around) {
      around.surround(router);
      own.surround(std::move(around));
      return own.build();
    };
  }
  int run_erased(int argc, char** argv, const reflect::Descriptor* type, void* settings, Start start);

  std::string name_;
  std::string version_;
};

}  // namespace rondeau::service

namespace rondeau {
using service::Service;
}
