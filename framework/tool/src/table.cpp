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
    {"--framework", "PATH|URL", "a checkout, or a git URL[#REVISION]; default: what pkg-config finds"},
    {"--no-container", "", "no Containerfile and no compose.yaml"},
    {"--no-k8s", "", "no manifests for Kubernetes"},
    {"--no-systemd", "", "no units"},
    {"--no-ci", "", "no CI workflow"},
    {"--dry-run", "", "list the files and write none"},
    {"--force", "", "into a folder that is not empty: overwrite the files it would write, and tell which"},
    {"--templates", "FOLDER", "instead of the templates in this program; also RONDEAU_TEMPLATES"},
    {"--list-templates", "", "list the templates and end"},
});

constexpr auto kCommands = std::to_array<Command>({
    {"new", "[NAME]", "write a service that builds, passes its tests and can be deployed", kNew, run_new},
});

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace rondeau::tool
