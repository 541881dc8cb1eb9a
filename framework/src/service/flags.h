// The command line of a service.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/service/settings.h>

namespace rondeau::service {

enum class Action {
  Serve, Help, Version, CheckConfig, PrintConfig, PrintRoutes, PrintOpenApi, OpenApiDiff, Migrate, HealthCheck, Drain,
};

/// The actions that only set the service up, which ends before anything is served; most of them look at the routes.
constexpr bool only_sets_up(Action action) noexcept {
  return action == Action::CheckConfig || action == Action::PrintRoutes || action == Action::PrintOpenApi ||
         action == Action::OpenApiDiff || action == Action::Migrate;
}

struct Flags {
  Action action = Action::Serve;
  std::optional<Profile> profile;
  std::optional<std::string> config;
  std::string older_document;  ///< of OpenApiDiff, a file
  std::optional<std::string> url;  ///< of HealthCheck
  struct Setting {
    std::string key;
    std::string value;
    std::string flag;  ///< as it was typed, for messages
  };
  std::vector<Setting> settings;  ///< in the order given; the last wins
};

/// Errors: InvalidArgument with one sentence, the nearest flag for an unknown one.
Result<Flags> parse_flags(int argc, char** argv);
std::string help_text(const std::string& name, const std::string& version);

}  // namespace rondeau::service
