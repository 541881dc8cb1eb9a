// rondeau new NAME: everything is known and refused before anything is written.
#include "commands.h"

#include <charconv>
#include <cstdio>

#include "markers.h"
#include "names.h"
#include "record.h"
#include "template_set.h"

namespace rondeau::tool {
namespace {

/// services/NAME of a checkout.
constexpr std::string_view kServices = "services/meson.build";

struct Plan {
  Record record;
  fs::path folder;
  Tree files;
  std::map<std::string, std::string> links;
  std::optional<fs::path> checkout;  ///< in-tree: whose services/meson.build is to name it
  std::string services;              ///< the new text of that
};

Outcome<std::string> checked_port(const std::string& text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    return refuse("--port takes a number from 1 to 65535, not \"" + text + "\"");
  }
  return std::to_string(port);
}

/// The checkout of Rondeau that the folder lies in.
std::optional<fs::path> checkout_around(fs::path folder) {
  std::error_code error;
  for (folder = fs::absolute(folder).lexically_normal();; folder = folder.parent_path()) {
    if (fs::exists(folder / kServices, error) && fs::exists(folder / "framework/include/rondeau/rondeau.h", error))
      return folder;
    if (folder == folder.parent_path()) return std::nullopt;
  }
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos || text.starts_with("git@");
}

/// Where the build finds the framework, if it is not installed.
Outcome<void> add_framework(const std::string& where, Plan& plan) {
  if (is_url(where)) {
    const std::size_t hash = where.find('#');
    plan.files["subprojects/rondeau.wrap"] =
        "[wrap-git]\nurl = " + where.substr(0, hash) +
        "\nrevision = " + (hash == std::string::npos ? "HEAD" : where.substr(hash + 1)) +
        "\ndepth = 1\n\n[provide]\ndependency_names = rondeau\nprogram_names = rondeau-embed\n";
    return {};
  }
  std::error_code error;
  const fs::path checkout = fs::canonical(where, error);
  if (error || !fs::exists(checkout / "framework/include/rondeau/rondeau.h", error)) {
    return refuse("--framework " + where + " is neither an URL nor a checkout of Rondeau");
  }
  plan.links["subprojects/rondeau"] = checkout.string();
  return {};
}

Outcome<void> place(const Words& words, Plan& plan) {
  if (!words.has("--in-tree")) {
    plan.folder = words.value("--dir").value_or(plan.record.name);
    if (const auto where = words.value("--framework")) RONDEAU_TRY_VOID_PLAIN(add_framework(*where, plan));
    return {};
  }
  if (words.has("--framework"))
    return refuse("--in-tree and --framework exclude each other: a checkout is its own framework");
  if (words.has("--dir"))
    return refuse("--in-tree and --dir exclude each other: it becomes services/" + plan.record.name);
  plan.checkout = checkout_around(fs::current_path());
  if (!plan.checkout)
    return refuse("--in-tree is for a checkout of Rondeau, and " + fs::current_path().string() + " lies in none");
  plan.folder = *plan.checkout / "services" / plan.record.name;
  RONDEAU_TRY_PLAIN(plan.services, read_file(*plan.checkout / kServices));
  if (insert_between(plan.services, "services", "subdir('" + plan.record.name + "')") == Inserted::NoMarkers) {
    return refuse(std::string(kServices) +
                  " has no lines \"# >>> services\" and \"# <<< services\" to name it between");
  }
  return {};
}

Outcome<Plan> make_plan(const Words& words) {
  Plan plan;
  Record& record = plan.record;
  record.name = words.argument(0);
  RONDEAU_TRY_VOID_PLAIN(check_service_name(record.name));
  RONDEAU_TRY_PLAIN(const TemplateSet templates, TemplateSet::open(words.value("--templates")));
  RONDEAU_TRY_PLAIN(const TemplateInfo info, templates.find(words.value("--template").value_or("http")));
  record.of = info.name;
  record.version = info.version;
  record.rondeau = RONDEAU_VERSION;
  RONDEAU_TRY_PLAIN(record.answers["port"], checked_port(words.value("--port").value_or("8080")));
  record.answers["db"] = words.value("--db").value_or("none");
  record.answers["in_tree"] = words.has("--in-tree") ? "yes" : "no";
  for (const char* part : {"container", "k8s", "systemd", "ci"}) {
    record.answers[part] = words.has("--no-" + std::string(part)) ? "no" : "yes";
  }
  if (words.has("--in-tree")) record.answers["ci"] = "no";  // that of the checkout builds it, too

  RONDEAU_TRY_VOID_PLAIN(place(words, plan));
  if (!words.has("--force") && !is_free(plan.folder)) {
    return refuse(plan.folder.string() +
                  " exists and is not an empty folder; --force overwrites what rondeau new writes there");
  }
  RONDEAU_TRY_PLAIN(const Tree rendered, templates.render(record.of, vocabulary_of(record)));
  for (const auto& [path, content] : rendered) plan.files.insert_or_assign(path, content);
  for (const auto& [path, content] : plan.files) record.files[path] = hash_of(content);
  plan.files[kRecord] = text_of(record);
  return plan;
}

/// Into a folder that is there: file by file, and each is told.
Outcome<void> overwrite(const Plan& plan) {
  for (const auto& [path, content] : plan.files) {
    std::error_code error;
    const bool there = fs::exists(plan.folder / path, error);
    RONDEAU_TRY_VOID_PLAIN(write_file(plan.folder / path, content));
    if (there) std::printf("overwritten: %s\n", (plan.folder / path).c_str());
  }
  for (const auto& [path, to] : plan.links) {
    std::error_code error;
    fs::create_directories((plan.folder / path).parent_path(), error);
    if (fs::is_symlink(plan.folder / path, error)) fs::remove(plan.folder / path, error);
    fs::create_symlink(to, plan.folder / path, error);
    if (error) return refuse("cannot link " + (plan.folder / path).string() + ": " + error.message());
  }
  return {};
}

Outcome<void> write(const Plan& plan) {
  RONDEAU_TRY_VOID_PLAIN(is_free(plan.folder) ? write_folder(plan.folder, plan.files, plan.links) : overwrite(plan));
  if (plan.checkout) RONDEAU_TRY_VOID_PLAIN(write_file(*plan.checkout / kServices, plan.services));
  return {};
}

void tell_next(const Plan& plan) {
  const std::string& name = plan.record.name;
  std::printf("%s is written: template %s, %zu files. Next:\n\n", plan.folder.c_str(), plan.record.of.c_str(),
              plan.files.size());
  if (plan.checkout) {
    std::printf("  services/run %s\n  meson test -C build --suite %s\n", name.c_str(), name.c_str());
  } else {
    std::printf(
        "  cd %s\n  CC=clang-19 CXX=clang++-19 meson setup build && meson compile -C build\n  ./build/%s --profile "
        "dev\n"
        "  meson test -C build\n",
        plan.folder.c_str(), name.c_str());
  }
}

int list_templates(const Words& words) {
  const auto templates = TemplateSet::open(words.value("--templates"));
  if (!templates) return report(templates.error());
  for (const TemplateInfo& info : templates->list()) std::printf("%-10s %s\n", info.name.c_str(), info.summary.c_str());
  return kEnded;
}

}  // namespace

int run_new(const Words& words) {
  if (words.has("--list-templates")) return list_templates(words);
  if (words.arguments() == 0) return report(refuse("rondeau new needs NAME; rondeau new --help tells more"));
  const auto plan = make_plan(words);
  if (!plan) return report(plan.error());
  if (words.has("--dry-run")) {
    for (const auto& [path, content] : plan->files) std::printf("%s\n", (plan->folder / path).c_str());
    for (const auto& [path, to] : plan->links) std::printf("%s -> %s\n", (plan->folder / path).c_str(), to.c_str());
    return kEnded;
  }
  if (auto written = write(*plan); !written) return report(written.error());
  tell_next(*plan);
  return kEnded;
}

}  // namespace rondeau::tool
