/** Dark or light: as the system has it, until the mapper says otherwise. */
import {h} from './dom.js';
import {icon} from './icons.js';
import {say} from './messages.js';
import {prefer, preferences} from './preferences.js';

const order = /** @type {const} */ (['auto', 'dark', 'light']);

const systemIsLight = matchMedia('(prefers-color-scheme: light)');
systemIsLight.addEventListener('change', applyTheme);

export function applyTheme() {
    const system = systemIsLight.matches ? 'light' : 'dark';
    document.documentElement.dataset.theme = preferences.theme === 'auto' ? system : preferences.theme;
}

export function themeButton() {
    return h(
        'button',
        {
            class: 'icon-button',
            title: 'Dark, light, or as the system has it',
            'aria-label': 'Dark, light, or as the system has it',
            onclick: () => {
                prefer({theme: order[(order.indexOf(preferences.theme) + 1) % order.length]});
                applyTheme();
                say(
                    {auto: 'Dark or light as the system has it', dark: 'Dark', light: 'Light'}[
                        preferences.theme
                    ],
                    {stays: 1400},
                );
            },
        },
        icon('theme'),
    );
}
