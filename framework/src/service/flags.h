// The command line of a service.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>

namespace rondeau::service {

enum class Action { Serve, Help, Version, CheckConfig, PrintConfig, PrintRoutes, PrintOpenApi, OpenApiDiff };

/// The actions that look at the routes: the service is set up, and ends before anything is served.
constexpr bool looks_at_routes(Action action) noexcept {
  return action == Action::CheckConfig || action == Action::PrintRoutes || action == Action::PrintOpenApi ||
         action == Action::OpenApiDiff;
}
enum class Profile { Dev, Prod };

struct Flags {
  Action action = Action::Serve;
  std::optional<Profile> profile;
  std::optional<std::string> config;
  std::string older_document;  ///< of OpenApiDiff, a file
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
