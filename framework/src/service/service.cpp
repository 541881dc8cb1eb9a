#include <rondeau/service/service.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <rondeau/config/loader.h>
#include <rondeau/observe/log.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/inherited.h>

#include "service/admin_terms.h"
#include "service/flags.h"
#include "service/inspect.h"
#include "service/life.h"
#include "service/limits.h"
#include "service/listening.h"
#include "service/running.h"

namespace rondeau::service {
namespace {

std::string environment_prefix(const std::string& name) {
  std::string prefix;
  for (const char c : name) prefix += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return prefix + "__";
}

Result<Profile> profile_of(const Flags& flags) {
  if (flags.profile) return *flags.profile;
  const char* said = std::getenv("RONDEAU_PROFILE");  // NOLINT(concurrency-mt-unsafe): before any thread
  if (said == nullptr || *said == '\0' || std::string_view(said) == "prod") return Profile::Prod;
  if (std::string_view(said) == "dev") return Profile::Dev;
  return Error(Errc::InvalidArgument, "RONDEAU_PROFILE: must be dev or prod, not \"" + std::string(said) + "\"");
}

/// Returns what is wrong with the flags, given the rest.
std::vector<std::string> load(config::Loader& loader, const ServiceSettings& settings, const std::string& name,
                              const Flags& flags, Profile profile) {
  std::vector<std::string> mistakes;
  if (flags.config) {
    loader.file(*flags.config, true);
  } else {
    loader.file("config/default.json", false);
    loader.file(profile == Profile::Dev ? "config/dev.json" : "config/prod.json", false);
  }
  loader.environment(environment_prefix(name), environ);
  for (const Flags::Setting& setting : flags.settings) {
    if (setting.key != "port") {
      loader.set(setting.key, setting.value, setting.flag);
    } else if (const auto changed = with_port(settings.server.listen, setting.value)) {
      loader.set("server.listen", *changed, setting.flag);
    } else {
      mistakes.push_back(setting.flag + ": there is no port in server.listen, \"" + settings.server.listen + "\"");
    }
  }
  loader.require();
  loader.check();
  return mistakes;
}

void begin_log(const ServiceSettings& settings, Profile profile) {
  const LogFormat usual = profile == Profile::Dev ? LogFormat::text : LogFormat::json;
  log::set_format(settings.log.format.value_or(usual) == LogFormat::text ? log::Format::Text : log::Format::Json);
  static_cast<void>(log::set_levels(settings.log.level));  // judged before
}

std::vector<admin::Setting> settings_of(const config::Loader& loader) {
  std::vector<admin::Setting> all;
  loader.for_each([&](std::string_view key, std::string_view value, std::string_view origin) {
    all.push_back({std::string(key), std::string(value), std::string(origin)});
  });
  return all;
}

int print_settings(const config::Loader& loader) {
  loader.for_each([](std::string_view key, std::string_view value, std::string_view origin) {
    std::printf("%.*s = %.*s  (%.*s)\n", static_cast<int>(key.size()), key.data(), static_cast<int>(value.size()),
                value.data(), static_cast<int>(origin.size()), origin.data());
  });
  return kEnded;
}

}  // namespace

int Service::run_erased(int argc, char** argv, const reflect::Descriptor* type, void* settings, Start start) {
  const auto flags = parse_flags(argc, argv);
  if (!flags) {
    std::fprintf(stderr, "%s: %.*s\n", name_.c_str(), static_cast<int>(flags.error().context().size()),
                 flags.error().context().data());
    return kUsage;
  }
  if (flags->action == Action::Help) return std::fputs(help_text(name_, version_).c_str(), stdout), kEnded;
  if (flags->action == Action::Version) return std::printf("%s %s\n", name_.c_str(), version_.c_str()), kEnded;

  ServiceSettings own;
  config::Loader loader;
  loader.add(own);
  if (type != nullptr) loader.add(*type, settings, config::Unset::Refused);
  const auto profile = profile_of(*flags);
  if (!profile) {
    std::fprintf(stderr, "%s: %s\n", name_.c_str(), std::string(profile.error().context()).c_str());
    return kBadSettings;
  }
  const std::vector<std::string> misplaced = load(loader, own, name_, *flags, *profile);
  std::vector<std::string> mistakes = loader.mistakes();
  mistakes.insert(mistakes.end(), misplaced.begin(), misplaced.end());
  ListenTerms terms = judge_listening(own.server, mistakes);
  if (!own.server.metrics_page.empty() && !own.server.metrics_page.starts_with('/')) {
    mistakes.push_back("server.metrics_page: must be a path such as \"/metrics\", not \"" + own.server.metrics_page +
                       "\"");
  }
  judge_limits(own.server.limits, mistakes);
  const auto admin = judge_admin(own.admin, *profile, mistakes);
  std::vector<std::string> warnings;
  auto tracing = otlp::judge_tracing(
      own.trace, name_, version_, [](const char* variable) { return std::getenv(variable); },  // NOLINT: before any thread
      mistakes, warnings);
  if (const auto levels = log::check_levels(own.log.level); !levels) {
    mistakes.push_back("log.level: " + std::string(levels.error().context()));
  }
  if (!mistakes.empty()) {
    for (const std::string& mistake : mistakes)
      std::fprintf(stderr, "%s: %s\n", name_.c_str(), mistake.c_str());
    return kBadSettings;
  }
  // With a set-up of its own the routes are known only once it ran, and that is no matter of settings.
  if (flags->action == Action::CheckConfig && type != nullptr) return kEnded;
  if (flags->action == Action::PrintConfig) return print_settings(loader);
  if (flags->action == Action::HealthCheck) {
    const auto process = admin_of(admin);
    return check_health(name_, process ? process : public_of(own.server, terms), flags->url);
  }
  if (flags->action == Action::Drain) return tell_to_drain(name_, admin_of(admin), own.admin.token);

  auto inherited = server::inherited_sockets();
  if (!inherited) {
    std::fprintf(stderr, "%s: %s\n", name_.c_str(), words_of(inherited.error()).c_str());
    return kBadSettings;
  }
  begin_log(own, *profile);
  for (const std::string& warning : warnings) log::write(log::Level::Warn, "trace", warning, {});
  auto builder = runtime::Builder::multi_thread();
  if (own.runtime.workers) builder.worker_threads(std::max<std::size_t>(*own.runtime.workers, 1));
  auto runtime = builder.build();
  if (!runtime) {
    std::fprintf(stderr, "%s: cannot start the runtime: %s\n", name_.c_str(), runtime.error().message().c_str());
    return kFailed;
  }
  Life life({.name = name_, .version = version_, .profile = *profile, .invocation = own_invocation(argc, argv)}, own,
            std::move(terms), *std::move(inherited), runtime->handle());
  if (tracing) life.trace_to(*std::move(tracing));
  if (admin && flags->action == Action::Serve) {
    if (const auto opened = life.open_admin(*admin, settings_of(loader)); !opened) {
      std::fprintf(stderr, "%s: %s\n", name_.c_str(), words_of(opened.error()).c_str());
      return kUnavailable;
    }
  }
  const int code =
      only_sets_up(flags->action)
          ? runtime->block_on(life.inspect(std::move(start), [&](const routing::Dispatcher& routes) {
              return inspect(*flags, {.title = name_, .version = version_}, routes);
            }))
          : runtime->block_on(life.run(std::move(start)));
  log::flush();
  return code;
}

}  // namespace rondeau::service
