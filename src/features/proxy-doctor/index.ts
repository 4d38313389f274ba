// Whether clients' addresses reach the server through its proxies, and the very lines that mend it where they do not.
export { createProxyDoctor } from './doctor.ts';
export { createProxyDoctorRoutes } from './routes.ts';
