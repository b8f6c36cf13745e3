export { type SeenMessages, silentLogger } from "../../src/core/index.js";
export {
  createGateway,
  createService,
  type Gateway,
  type GatewayOptions,
  type Service,
  type ServiceOptions,
} from "../../src/service/index.js";
