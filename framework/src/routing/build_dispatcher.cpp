// From a router to what is served: the plan of it, its tables, and those of its hosts.
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <rondeau/routing/route_book.h>
#include <rondeau/text/ascii.h>

#include "routing/builder.h"
#include "routing/collector.h"
#include "routing/own_answers.h"

namespace rondeau::routing {
namespace {

/// Tables for each host, each made as if its router were the whole one, and those for what is outside of them.
Result<std::unique_ptr<Dispatcher::Tables>> divide_by_host(Builder& outside) {
  const Plan& plan = outside.plan();
  auto hosts = std::make_unique<Dispatcher::Tables::Hosts>();
  auto divided = std::make_unique<Dispatcher::Tables>();
  divided->tree.freeze();
  divided->placed = plan.tables->placed;
  for (const HostRouter& router : plan.hosts) {
    const std::string host = text::to_lower(*router.child->host);
    RONDEAU_TRY_PLAIN(Plan inside, Collector(Collector::Within::Host).collect(*router.child->book, router.around));
    Builder builder(std::move(inside), &plan.scopes.front());
    builder.fill_tables();
    auto tables = builder.take_tables();
    for (PlacedOperation placed : tables->placed) {
      placed.host = host;
      divided->placed.push_back(std::move(placed));
    }
    hosts->table.insert(host, hosts->routers.size());
    std::ranges::copy(tables->states, std::back_inserter(divided->states));
    hosts->routers.push_back(std::move(tables));
  }
  if (plan.strict_hosts) hosts->misdirected = outside.serve_own(0, misdirected_handler(), {});
  std::ranges::copy(plan.tables->states, std::back_inserter(divided->states));
  hosts->outside = outside.take_tables();
  divided->hosts = std::move(hosts);
  return divided;
}

}  // namespace

Result<std::shared_ptr<const Dispatcher>> build_dispatcher(const RouteBook& book) {
  RONDEAU_TRY_PLAIN(Plan plan, Collector().collect(book));
  const bool divided = !plan.hosts.empty() || plan.strict_hosts;
  Builder builder(std::move(plan));
  builder.fill_tables();
  if (!divided) return std::make_shared<const Dispatcher>(builder.take_tables());
  RONDEAU_TRY_PLAIN(auto tables, divide_by_host(builder));
  return std::make_shared<const Dispatcher>(std::move(tables));
}

}  // namespace rondeau::routing
