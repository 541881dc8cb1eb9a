#include "commands.h"

#include <array>

namespace rondeau::tool {
namespace {

constexpr auto kNew = std::to_array<Option>({
    {"--template", "NAME", "http (default), worker, websocket, gateway or minimal; see --list-templates"},
    {"--db", "none|sqlite|postgres", "where it keeps its data; default none"},
    {"--dir", "FOLDER", "where to write it; default ./NAME"},
    {"--port", "N", "to listen on; default 8080"},
    {"--in-tree", "", "as services/NAME of the checkout of Rondeau around this folder"},
    {"--framework", "WHERE", "a checkout, or a git URL[#REVISION]; default: what pkg-config finds"},
    {"--no-container", "", "no Containerfile and no compose.yaml"},
    {"--no-k8s", "", "no manifests for Kubernetes"},
    {"--no-systemd", "", "no units"},
    {"--no-ci", "", "no CI workflow"},
    {"--dry-run", "", "list the files and write none"},
    {"--force", "", "into a folder that is not empty: overwrite the files it would write, and tell which"},
    {"--templates", "FOLDER", "instead of the templates in this program; also RONDEAU_TEMPLATES"},
    {"--list-templates", "", "list the templates and end"},
});

constexpr auto kAdd = std::to_array<Option>({
    {"--templates", "FOLDER", "instead of the templates in this program; also RONDEAU_TEMPLATES"},
});

constexpr auto kOpenApi = std::to_array<Option>({
    {"--check", "", "print nothing; say what differs, and end with 1, where openapi.json is another one"},
    {"--write", "", "write it to openapi.json"},
});
constexpr auto kMigrate = std::to_array<Option>({
    {"--status", "", "list what is applied and what is to come, and change nothing"},
    {"--down-to", "N", "undo what is newer than this number, by the files *.down.sql"},
    {"--database", "URL", "sqlite:FILE or postgres://…; default: what the service would open"},
});
constexpr auto kUpgrade = std::to_array<Option>({
    {"--diff", "", "show what would change; end with 1 where something would"},
    {"--apply", "", "write it: over what nobody has touched, else beside it as FILE.rondeau-new"},
    {"--templates", "FOLDER", "instead of the templates in this program; also RONDEAU_TEMPLATES"},
});
constexpr auto kTop = std::to_array<Option>({
    {"--once", "", "print it once and end, as where the output is no terminal"},
    {"--json", "", "the same as one JSON object"},
    {"--token", "TOKEN", "the admin.token; better RONDEAU_ADMIN_TOKEN, since others see what was typed"},
});
constexpr auto kDoctor = std::to_array<Option>({
    {"--port", "N", "that is to be free; default: this project's, or 8080"},
});

constexpr auto kCommands = std::to_array<Command>({
    {"new", "[NAME]", "write a service that builds, passes its tests and can be deployed", kNew, run_new},
    {"add route", "METHOD PATTERN", "write a handler with its test, and register both", kAdd, run_add_route},
    {"add job", "NAME", "write something that is done again and again, with its test", kAdd, run_add_job},
    {"add migration", "NAME", "write the next file of migrations/", kAdd, run_add_migration},
    {"run", "[-- FLAGS]", "build the service of this project and start it in the dev profile", {}, run_run},
    {"dev", "[-- FLAGS]", "build and start it again after each change, without a request that fails", {}, run_dev},
    {"routes", "", "list method, pattern, handler and source line of each route", {}, run_routes},
    {"openapi", "", "print the OpenAPI document of this project", kOpenApi, run_openapi},
    {"openapi diff",
     "OLD NEW",
     "tell what changed for clients; end with 1 where something breaks them",
     {},
     run_openapi_diff},
    {"migrate", "", "bring the database of this project up to date", kMigrate, run_migrate},
    {"top", "[URL]", "show what a running service does, by its admin listener; default http://127.0.0.1:9090", kTop,
     run_top},
    {"doctor", "", "look for what a build or a run would miss; end with 1 where something must be mended", kDoctor,
     run_doctor},
    {"upgrade", "", "bring what newer templates say into this project", kUpgrade, run_upgrade},
    {"completion", "SHELL", "print the completion for bash, zsh or fish", {}, run_completion},
});

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace rondeau::tool
