import './mantine.css';
import './fonts.css';
import './global.css';
