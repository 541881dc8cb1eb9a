// with_layers: the server's middleware around what a client sends.
#pragma once

#include <memory>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/client/client.h>
#include <rondeau/routing/router.h>

namespace rondeau::client {

/// The client with the layers of that router around each request it sends, replays, retries and redirections one by one;
/// connections, cookies and limits stay shared. What else is in the router is refused (InvalidArgument).
///
/// A layer sees the request as a server would, and the answer before it is decoded (Content-Encoding). An answer that it
/// makes itself is the answer. A request that it makes anew goes where the first one would have gone.
Result<Client> layered(const Client& client, routing::Router<> layers);

/// `client::with_layers(client, middleware::SetHeader{…}, [](Request request, Next next) -> Task<Response> { … })`
///
/// In the order of their slots, those of one slot from the outside to the inside. Errors: a layer's own complaint of its
/// settings.
template <class... L>
Result<Client> with_layers(const Client& client, L... layers) {
  routing::Router<> router;
  (router.layer(std::move(layers)), ...);
  return layered(client, std::move(router));
}

}  // namespace rondeau::client
