#include "static_files/lookup.h"

#include <string_view>
#include <utility>

namespace rondeau::static_files {
namespace {

using Entry = Source::Entry;
using Kind = Found::Kind;

/// A file in the best coding there is; tells what `name` is.
Result<Entry> find_coded(const Source& source, const Wanted& wanted, const std::string& name, Found& found) {
  SourceFile plain;
  RONDEAU_TRY_PLAIN(const Entry entry, source.look(name, plain));
  if (entry != Entry::File) return entry;
  found.name = name;
  for (const Coding& coding : wanted.codings) {
    if (coding.name.empty()) {
      found.kind = Kind::File;
      found.file = std::move(plain);
      return entry;
    }
    RONDEAU_TRY_PLAIN(const Entry coded, source.look(name + std::string(coding.extension), found.file));
    if (coded != Entry::File) continue;
    found.kind = Kind::File;
    found.coding = coding;
    return entry;
  }
  found.kind = Kind::NotAcceptable;
  return entry;
}

Result<void> find_named(const Source& source, const Wanted& wanted, Found& found) {
  const std::string& path = wanted.path.text;
  if (wanted.path.ends_in_slash) {
    if (wanted.index.empty()) return {};
    RONDEAU_TRY_VOID_PLAIN(find_coded(source, wanted, path.empty() ? wanted.index : path + "/" + wanted.index, found));
    return {};
  }
  Entry entry = Entry::Directory;
  if (!path.empty()) {
    RONDEAU_TRY_PLAIN(entry, find_coded(source, wanted, path, found));
  }
  if (entry == Entry::Directory && !wanted.index.empty()) found.kind = Kind::NeedsSlash;
  return {};
}

bool looks_like_a_page(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1).find('.') == std::string_view::npos;
}

}  // namespace

Result<Found> find(const Source& source, const Wanted& wanted) {
  Found found;
  RONDEAU_TRY_VOID_PLAIN(find_named(source, wanted, found));
  if (found.kind == Kind::Nothing && !wanted.spa.empty() && looks_like_a_page(wanted.path.text)) {
    RONDEAU_TRY_VOID_PLAIN(find_coded(source, wanted, wanted.spa, found));
  }
  return found;
}

}  // namespace rondeau::static_files
